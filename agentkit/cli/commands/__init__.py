"""The commands that need one file each, and the agents, rules and checks that they use."""
