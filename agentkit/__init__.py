"""agentkit: tool-using agents on Claude."""
