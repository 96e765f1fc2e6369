"""Differences between two values, compared as JSON, each with its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic_core import from_json

from agentkit.tools.serialization import json_text

if TYPE_CHECKING:
    from agentkit.messages.message import JSON

_MOST_CHARS = 80


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
    return [f"{place or 'the value'}: expected {_shown(expected)}, found {_shown(found)}"]


def _member(expected: dict[str, JSON], found: dict[str, JSON], name: str, place: str) -> list[str]:
    if name not in found:
        return [f"{place}: expected {_shown(expected[name])}, it is missing"]
    if name not in expected:
        return [f"{place}: found {_shown(found[name])}, nothing was expected"]
    return _differences(expected[name], found[name], place)


def _shown(value: JSON) -> str:
    text = json_text(value)
    return text if len(text) <= _MOST_CHARS else f"{text[:_MOST_CHARS]}..."
