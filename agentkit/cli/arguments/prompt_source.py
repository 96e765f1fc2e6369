"""Read prompts and other texts from the command line itself, a file, or stdin."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import BinaryIO, TextIO, cast

from agentkit.cli.terminal.exit_codes import CommandError
from agentkit.messages.text_encoding import decode_text


def read_prompt(given: str) -> str:
    """Return the prompt: `@path` reads a file, `-` reads stdin, anything else is the prompt itself.

    Raises:
        CommandError: The prompt is empty, or cannot be read.
    """
    text = read_argument(given)
    if not text.strip():
        where = {"-": "stdin", "@": given[1:]}.get(given[:1], "the prompt") if given else "the prompt"
        raise CommandError(f"There is nothing to ask: {where} is empty.")
    return text


def read_argument(given: str) -> str:
    """Return the text of an argument: `@path` reads a file, `-` reads stdin, anything else is the text itself.

    Raises:
        CommandError: The text cannot be read, or is not UTF-8.
    """
    if given == "-":
        return _read_stdin()
    return read_text_file(Path(given[1:])) if given.startswith("@") else given


def _read_stdin() -> str:
    """Return all of stdin; empty where it is closed. Its bytes are decoded here, whatever the locale says."""
    stream: TextIO | None = sys.stdin
    data = cast("BinaryIO | None", getattr(stream, "buffer", None))
    try:
        if data is not None:
            return decode_text(data.read())
        return "" if stream is None else stream.read()
    except UnicodeDecodeError:
        raise CommandError("stdin is not UTF-8 text.") from None


def read_text_file(path: Path) -> str:
    """Return the content of a text file that the command line names.

    Raises:
        CommandError: The file does not exist, cannot be read, or is not UTF-8 and has no byte order mark.
    """
    try:
        return decode_text(path.read_bytes())
    except FileNotFoundError:
        raise CommandError(f"There is no file {str(path)!r}.") from None
    except UnicodeDecodeError:
        raise CommandError(f"{str(path)!r} is not UTF-8 text.") from None
    except OSError as error:
        raise CommandError(f"{str(path)!r} cannot be read: {error.strerror or error}.") from None
