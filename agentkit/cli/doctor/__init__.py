"""The command `agentkit doctor`: checks of the installation and of a server."""
