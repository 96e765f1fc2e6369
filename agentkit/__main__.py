"""`python -m agentkit` is the command `agentkit`."""

import sys

from agentkit.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
