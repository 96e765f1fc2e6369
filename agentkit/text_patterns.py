"""Patterns for texts that no `format` of JSON Schema describes: decimals, naive times, versions of UUIDs.

They are written for both dialects in use: ECMA's, which JSON Schema names, and Python's, in which `$` also
matches before a last newline and `\\d` every script's digits.
"""

from __future__ import annotations

from typing import Any

from .messages import JSONObject

END = r"$(?!\n)"
"""The end of the text, also for Python."""
NAIVE_DATETIME = (
    rf"^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}[T ][0-9]{{2}}:[0-9]{{2}}(:[0-9]{{2}}(\.[0-9]{{1,6}})?)?{END}"
)
"""A date and time without offset."""
_DIGITS = r"([0-9]+(\.[0-9]*)?|\.[0-9]+)"
DECIMAL = rf"^[+-]?{_DIGITS}([eE][+-]?[0-9]{{1,6}})?{END}"
"""The digits of a Decimal."""


def decimal_text(schema: Any) -> JSONObject:
    """What the text form of a Decimal must look like under its constraints."""
    return {"pattern": DECIMAL}


def uuid_text(version: int | None) -> JSONObject:
    """The digit that says the version, where one is demanded."""
    return {} if version is None else {"pattern": rf"^.{{14}}{version:x}.{{4}}[89abAB]"}
