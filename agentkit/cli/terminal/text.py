"""Text for a terminal, shortened and counted."""

from __future__ import annotations

import json
import shutil
import sys
from typing import TextIO, cast

from agentkit.messages.printable import one_line, printable

_TAIL_CHARS = 60
"""Characters shown of a text that is being streamed."""


def text_tail(text: str) -> str:
    """Return the end of a text on one line, for text that is still growing while it is shown."""
    words = " ".join(printable(text[-4 * _TAIL_CHARS :]).split())
    return words if len(words) <= _TAIL_CHARS else f"…{words[-_TAIL_CHARS:].lstrip()}"


def brief_count(count: int) -> str:
    """Return a count in short form: `950`, `12.3k`, `1.2M`."""
    for size, unit in ((1_000_000, "M"), (1_000, "k")):
        if count >= size:
            return f"{count / size:.1f}{unit}"
    return str(count)


def brief_json(value: object, width: int) -> str:
    """Return a call's arguments as `name=value` on one line of at most `width` characters, without empty ones."""
    if not isinstance(value, dict):
        return one_line(json.dumps(value, ensure_ascii=False, default=str), width)
    named = cast("dict[str, object]", value)
    parts = [f"{name}={_argument_text(part)}" for name, part in named.items() if part not in ("", [], {}, None)]
    return one_line("  ".join(parts), width)


def _argument_text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def terminal_width(stream: TextIO) -> int:
    """Return the number of columns to use: those of the terminal up to 100, or 80 where `stream` is none."""
    return min(shutil.get_terminal_size((80, 24)).columns, 100) if stream.isatty() else 80


def print_answer(text: str) -> None:
    """Print an answer on stdout: unchanged into a file or a pipe, without control characters on a terminal."""
    print(printable(text) if sys.stdout.isatty() else text)
