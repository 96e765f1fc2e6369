"""Known tool calls of a retail data set, through an orchestrator and its clerks, and applied directly."""
