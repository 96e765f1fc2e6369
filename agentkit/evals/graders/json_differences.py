"""Differences between two values, compared as JSON, each with its place."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

from pydantic_core import from_json

from agentkit.tools.serialization import json_text

if TYPE_CHECKING:
    from agentkit.messages.message import JSON

_MOST_CHARS = 80
_EQUAL_CHARS = 20
"""The characters of equal text that are shown in front of a difference."""


def json_differences(expected: object, found: object) -> list[str]:
    """Return the differences, one a place: `orders.7.status: expected "paid", found "open"`. Empty: they are equal.

    Args:
        expected: The value as it ought to be; models and dataclasses stand for their objects.
        found: The value to compare.
    """
    return _differences(from_json(json_text(expected)), from_json(json_text(found)), "")


def _differences(expected: JSON, found: JSON, place: str) -> list[str]:
    """Return the differences, one a place, as `orders.7.status: expected "paid", found "open"`."""
    if isinstance(expected, dict) and isinstance(found, dict):
        names = [*expected, *(name for name in found if name not in expected)]
        nested = [_member(expected, found, name, f"{place}.{name}".lstrip(".")) for name in names]
        return [one for some in nested for one in some]
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        pairs = enumerate(zip(expected, found, strict=True))
        return [one for number, pair in pairs for one in _differences(*pair, f"{place}.{number}".lstrip("."))]
    if expected == found and isinstance(expected, bool) == isinstance(found, bool):
        return []
    return [f"{place or 'the value'}: {_expected_and_found(json_text(expected), json_text(found))}"]


def _expected_and_found(expected: str, found: str) -> str:
    """Return `expected A, found B`. Of long texts the part is shown in which they differ."""
    is_long = max(len(expected), len(found)) > _MOST_CHARS
    equal = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(expected, found, strict=False)))
    start = max(0, equal - _EQUAL_CHARS) if is_long else 0
    return f"expected {_shown(expected, start)}, found {_shown(found, start)}"


def _member(expected: dict[str, JSON], found: dict[str, JSON], name: str, place: str) -> list[str]:
    if name not in found:
        return [f"{place}: expected {_shown(json_text(expected[name]))}, it is missing"]
    if name not in expected:
        return [f"{place}: found {_shown(json_text(found[name]))}, nothing was expected"]
    return _differences(expected[name], found[name], place)


def _shown(text: str, start: int = 0) -> str:
    end = start + _MOST_CHARS
    return f"{'...' if start else ''}{text[start:end]}{'...' if len(text) > end else ''}"
