"""`agentkit doctor`."""
