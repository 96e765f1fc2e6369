"""The guardrails of a run at work: its checks as steps, the input beside the main call, tool calls, the output."""
