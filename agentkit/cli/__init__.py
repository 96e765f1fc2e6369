"""The command line interface `agentkit`. Data goes to stdout, everything else to stderr."""
