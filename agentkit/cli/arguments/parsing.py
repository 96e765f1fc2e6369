"""Types and converters for argparse that the commands share."""

from __future__ import annotations

import argparse
import math
import os
from typing import TypeAlias

from agentkit.cli.terminal.exit_codes import CommandError

# argparse has no public name for what `add_subparsers` returns.
Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
"""The collection to which a command adds its parser."""

_MAX_PORT = 65_535


def decode_text_arguments(args: argparse.Namespace) -> None:
    """Decode the bytes of arguments that the locale could not decode; paths stay as they are.

    Raises:
        CommandError: The bytes are not UTF-8.
    """
    for name, value in vars(args).items():
        if isinstance(value, str) and not value.isascii() and not value.startswith("@"):
            setattr(args, name, _decode_argument(name, value))


def _decode_argument(name: str, value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        try:
            return os.fsencode(value).decode()
        except UnicodeError:
            raise CommandError(f"The argument {name.upper()} is not UTF-8 text: {value!a}.") from None
    return value


def parse_port(text: str) -> int:
    """Parse a port number; 0 stands for a free one.

    Raises:
        ArgumentTypeError: The text is no port number.
    """
    if not text.isdecimal() or int(text) > _MAX_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: 0 to {_MAX_PORT}")
    return int(text)


def parse_count(text: str) -> int:
    """Parse a number of things, at least one.

    Raises:
        ArgumentTypeError: The text is no such number.
    """
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 on")
    return int(text)


def parse_usd(text: str) -> float:
    """Parse an amount of US dollars above 0.

    Raises:
        ArgumentTypeError: The text is no such amount.
    """
    try:
        usd = float(text)
    except ValueError:
        usd = math.nan
    if not 0 < usd < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is no amount of US dollars above 0")
    return usd


def parse_share(text: str) -> float:
    """Parse a share from 0 to 1.

    Raises:
        ArgumentTypeError: The text is no such share.
    """
    try:
        share = float(text)
    except ValueError:
        share = math.nan
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no share from 0 to 1")
    return share
