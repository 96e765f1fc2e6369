"""Known tool calls of a retail data set, made by an orchestrator and its sub-agents, and applied directly."""
