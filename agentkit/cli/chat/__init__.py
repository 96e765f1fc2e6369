"""`agentkit chat`."""
