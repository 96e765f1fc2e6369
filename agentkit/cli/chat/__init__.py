"""The command `agentkit chat`: a conversation in the terminal."""
