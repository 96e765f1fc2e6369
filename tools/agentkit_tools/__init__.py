"""Ready-made tools for agentkit: import what you need from its module, `agentkit_tools.files` for one."""
