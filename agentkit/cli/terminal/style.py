"""Colours of the commands on a terminal that shows them: those of the live tree."""

from __future__ import annotations

import os
from typing import Literal, TextIO, TypeAlias

Style: TypeAlias = Literal["", "dim", "bold", "red", "green", "yellow", "cyan"]
"""A style of text. Empty: none."""

_CODES: dict[Style, str] = {"dim": "2", "bold": "1", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}


def shows_colour(stream: TextIO) -> bool:
    """True if a stream is a terminal that shows colours, and nobody has asked for none (`NO_COLOR`)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def styled(text: str, style: Style, stream: TextIO) -> str:
    """Return the text in a style, or as it is where the stream shows none."""
    return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if style and shows_colour(stream) else text
