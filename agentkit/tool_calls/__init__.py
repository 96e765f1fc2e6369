"""The tool calls of one turn: start them, retry, time out, cancel, and collect their results."""
