"""Write text to streams whose encoding lacks some of its characters, and go on where nobody reads a log any more."""

from __future__ import annotations

import codecs
import contextlib
import io
import os
import sys
from typing import TextIO

_ESCAPE = "agentkit.escape"


def escape_unencodable() -> None:
    """Let stdout and stderr write what their encoding lacks as `\\u20ac`, which is the same character in JSON."""
    codecs.register_error(_ESCAPE, _escape)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_ESCAPE)


def print_log_line(text: str) -> None:
    """Print a line on stderr. A server outlives the reader of its log: then the rest of it is dropped."""
    try:
        print(text, file=sys.stderr, flush=True)
    except (OSError, ValueError):  # ValueError: the stream is closed
        discard(sys.stderr)


def discard(stream: TextIO) -> None:
    """Send what a stream still buffers, and what follows, to the null device: Python flushes at exit, and may raise."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _escape(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    units = text.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2)), error.end
