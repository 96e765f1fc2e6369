"""The tool calls of one turn: start, retry, time out, cancel, answer."""
