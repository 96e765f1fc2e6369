"""Values as text that a request can carry: compact JSON, without characters that no request takes."""

from __future__ import annotations

import json
import re

from pydantic_core import PydanticSerializationError, to_json, to_jsonable_python

_UNSENDABLE = re.compile("[\ud800-\udfff\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""Halves of surrogate pairs, and control characters."""
_REPLACEMENT = "\ufffd"
_PIECE = 1_000_000
"""Characters that are looked through together: no other thread runs meanwhile."""


def json_text(value: object) -> str:
    """Anything that pydantic can write as compact JSON; NaN and infinities as strings, odd bytes as base64.

    Raises TypeError for a value that has no JSON form.
    """
    for bytes_mode in ("utf8", "base64"):
        try:
            return to_json(value, inf_nan_mode="strings", bytes_mode=bytes_mode).decode()
        except (PydanticSerializationError, UnicodeError, RecursionError) as error:
            said = str(error)
            if "surrogates" in said:  # the text is repaired afterwards, and says so
                return _with_surrogates(value)
            if "utf-8" not in said:
                break
    raise TypeError(f"the tool returned {type(value).__name__}, which has no JSON form: {said}")


def _with_surrogates(value: object) -> str:
    def plain(part: object) -> object:
        return to_jsonable_python(part, inf_nan_mode="strings", bytes_mode="base64")

    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=plain)


def replaced(text: str) -> tuple[str, int]:
    """The text with a replacement for each character that cannot be sent, and how many there were."""
    if len(text) <= _PIECE:
        return _UNSENDABLE.subn(_REPLACEMENT, text)
    pieces = [_UNSENDABLE.subn(_REPLACEMENT, text[at : at + _PIECE]) for at in range(0, len(text), _PIECE)]
    count = sum(count for _, count in pieces)
    return ("".join(piece for piece, _ in pieces), count) if count else (text, 0)


def sendable(text: str) -> str:
    """The text without characters that no request can carry, saying so."""
    cleaned, count = replaced(text)
    if not count:
        return text
    characters = (
        "1 character that cannot be sent was" if count == 1 else f"{count:,} characters that cannot be sent were"
    )
    return f"{cleaned}\n[{characters} replaced by {_REPLACEMENT}]"
