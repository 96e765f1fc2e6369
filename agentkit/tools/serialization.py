"""Serialize values as text that a request can carry: compact JSON, without unsendable characters."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Mapping
from typing import cast

from pydantic_core import PydanticSerializationError, to_json, to_jsonable_python

from agentkit.schema.serializers import with_own_names
from agentkit.tools.json_forms import NoJsonForm, holds_iterator, json_form

_UNSENDABLE = re.compile("[\ud800-\udfff\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""Characters that the API refuses: lone surrogates, and control characters."""
_REPLACEMENT = "\ufffd"
_TOO_DEEP = re.compile("Circular reference|depth exceeded")
"""Parts of the texts of pydantic's errors for what cannot end."""
_PIECE_CHARS = 1_000_000
"""Characters that are searched at once: the search holds the GIL, so that no other thread runs meanwhile."""


def json_text(value: object) -> str:
    """Return a value as compact JSON, as pydantic writes it; NaN and infinities as strings, non-UTF-8 bytes as base64.

    Values that pydantic does not know have a form by `json_form`.

    Raises:
        NoJsonForm: The value has no JSON form. Its cause is the exception of the user's code, if one is to blame.
    """
    try:
        value = with_own_names(value, json_form)
        return to_json(value, inf_nan_mode="strings", fallback=json_form).decode()
    except (PydanticSerializationError, UnicodeError, RecursionError) as error:
        first = error
    except Exception as error:  # a method of the user's, such as `__iter__` or a serializer, may raise anything
        raise NoJsonForm(_failed_text(error)) from error
    if holds_iterator(value):
        raise NoJsonForm("it holds an iterator beside a value that cannot be written") from first
    try:
        return _slow_json_text(value)
    except NoJsonForm:
        raise
    except Exception as error:
        raise NoJsonForm(_failed_text(error)) from error


def plain_data(value: object) -> object:
    """Return a value as plain JSON data; it may hold lone surrogates, which pydantic refuses to write.

    Raises:
        NoJsonForm: The value has no JSON form.
        Exception: Whatever methods of the value raise; RecursionError where it has no end.
    """
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, float):
        infinity = "Infinity" if value > 0 else "-Infinity"
        return float(value) if math.isfinite(value) else "NaN" if math.isnan(value) else infinity
    if isinstance(value, Mapping):
        items = cast("Mapping[object, object]", value).items()
        return {_key_text(key): plain_data(inner) for key, inner in items}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain_data(inner) for inner in cast("Collection[object]", value)]
    try:
        plain: object = to_jsonable_python(value, inf_nan_mode="strings", bytes_mode="base64", fallback=json_form)
    except NoJsonForm:
        raise
    except Exception as error:  # noqa: BLE001 - a part of it that pydantic cannot write; methods may raise anything
        plain = _form_by_parts(value, error)
    is_checked = plain is None or isinstance(plain, str | int)
    return plain if is_checked else plain_data(plain)


def _form_by_parts(value: object, error: Exception) -> object:
    """Return the form of a value that pydantic has failed to write in one piece."""
    try:
        return json_form(value)
    except NoJsonForm:
        raise NoJsonForm(_failed_text(error)) from error


def _key_text(key: object) -> str:
    """Return the text of a dictionary's key: as pydantic writes it, and where it refuses, the JSON of the key."""
    if isinstance(key, str):
        return str.__str__(key)
    try:
        return str(next(iter(to_jsonable_python({key: None}, fallback=json_form))))
    except TypeError:
        return _slow_json_text(key)


def _slow_json_text(value: object) -> str:
    """Return the JSON of a value that pydantic cannot write at once: each part by itself."""
    return json.dumps(plain_data(value), ensure_ascii=False, separators=(",", ":"))


def is_endless(error: BaseException | None) -> bool:
    """Return True for the error of a value that holds itself: its traceback is as long as the circle was followed."""
    return isinstance(error, RecursionError) or (isinstance(error, ValueError) and bool(_TOO_DEEP.search(str(error))))


def _failed_text(error: Exception) -> str:
    if is_endless(error):
        return "it holds itself, or is nested too deeply"
    is_wrapped = isinstance(error, PydanticSerializationError)  # around the exception of a serializer of the user's
    return "a part of it cannot be written" + ("" if is_wrapped else f" ({type(error).__name__})")


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
