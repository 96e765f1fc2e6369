"""Serialize values as text that a request can carry: compact JSON, without unsendable characters."""

from __future__ import annotations

import json
import re

from pydantic_core import PydanticSerializationError, to_json, to_jsonable_python

_UNSENDABLE = re.compile("[\ud800-\udfff\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""Characters that the API refuses: lone surrogates, and control characters."""
_REPLACEMENT = "\ufffd"
_PIECE_CHARS = 1_000_000
"""Characters that are searched at once: the search holds the GIL, so that no other thread runs meanwhile."""


def json_text(value: object) -> str:
    """Return a value as compact JSON, as pydantic writes it; NaN and infinities as strings, non-UTF-8 bytes as base64.

    Raises:
        TypeError: The value has no JSON form.
    """
    for bytes_mode in ("utf8", "base64"):
        try:
            return to_json(value, inf_nan_mode="strings", bytes_mode=bytes_mode).decode()
        except (PydanticSerializationError, UnicodeError, RecursionError) as error:
            message = str(error)
            if "surrogates" in message:  # `sendable_text` replaces them later, with a note
                return _json_text_with_surrogates(value)
            if "utf-8" not in message:
                break
    raise TypeError(f"the tool returned {type(value).__name__}, which has no JSON form: {message}")


def _json_text_with_surrogates(value: object) -> str:
    """Return compact JSON with its lone surrogates, which pydantic refuses to write."""

    def plain(part: object) -> object:
        return to_jsonable_python(part, inf_nan_mode="strings", bytes_mode="base64")

    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=plain)


def replace_unsendable(text: str) -> tuple[str, int]:
    """Return the text with each unsendable character replaced, and the number of replacements."""
    if len(text) <= _PIECE_CHARS:
        return _UNSENDABLE.subn(_REPLACEMENT, text)
    pieces = [_UNSENDABLE.subn(_REPLACEMENT, text[at : at + _PIECE_CHARS]) for at in range(0, len(text), _PIECE_CHARS)]
    count = sum(count for _, count in pieces)
    return ("".join(piece for piece, _ in pieces), count) if count else (text, 0)


def sendable_text(text: str) -> str:
    """Return the text with unsendable characters replaced, and with a note about them."""
    cleaned, count = replace_unsendable(text)
    if not count:
        return text
    characters = (
        "1 character that cannot be sent was" if count == 1 else f"{count:,} characters that cannot be sent were"
    )
    return f"{cleaned}\n[{characters} replaced by {_REPLACEMENT}]"
