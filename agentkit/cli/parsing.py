"""What the commands' parsers share."""

from __future__ import annotations

import argparse
from typing import TypeAlias

# argparse has no public name for what `add_subparsers` returns.
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
"""Where a command adds its parser."""
