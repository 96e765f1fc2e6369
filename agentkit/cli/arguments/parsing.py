"""Types and converters for argparse that the commands share."""

from __future__ import annotations

import argparse
from typing import TypeAlias

# argparse has no public name for what `add_subparsers` returns.
Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
"""The collection to which a command adds its parser."""

_MAX_PORT = 65_535


def parse_port(text: str) -> int:
    """Parse a port number; 0 stands for a free one.

    Raises:
        ArgumentTypeError: The text is no port number.
    """
    if not text.isdecimal() or int(text) > _MAX_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: 0 to {_MAX_PORT}")
    return int(text)
