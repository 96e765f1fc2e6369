"""Ready-made tools for agentkit, each imported from its own module, such as `agentkit_tools.files`."""
