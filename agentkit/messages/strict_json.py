"""A strict JSON parser for texts of a model: anything that is not valid JSON is refused, never repaired or guessed."""

from __future__ import annotations

import json
import re
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING

from agentkit.messages.message import JSON

if TYPE_CHECKING:
    from typing import Self

_LONG_NUMBER = re.compile(r"[0-9][0-9.]{15}|[eE]-")
"""Numbers with more than 15 digits, or with an exponent that may lead below the range of floats."""
_MAX_INTEGER_DIGITS = 308
"""Digits of the longest integer that is within the float range, which every JSON parser accepts."""


class ExactFloat(float):
    """A number with more digits than a float keeps: the nearest float, and the digits in `text`."""

    text: str
    """The number as it was written."""

    def __new__(cls, text: str) -> Self:
        """Make the number of its JSON text."""
        number = super().__new__(cls, text)
        number.text = text
        return number

    def __repr__(self) -> str:
        return self.text

    def __reduce__(self) -> tuple[type[ExactFloat], tuple[str]]:
        return ExactFloat, (self.text,)

    def is_integer(self) -> bool:
        """Return True if the number, with all its digits, has no fraction."""
        exact = Decimal(self.text)
        return exact == exact.to_integral_value()


def may_hold_exact_float(text: str) -> bool:
    """Return True if a JSON text may hold a number with more digits than a float keeps."""
    return _LONG_NUMBER.search(text) is not None


def parse_strict(text: str) -> JSON:
    """Parse a JSON text, also refusing what Python's own parser tolerates.

    Raises:
        ValueError: The text is malformed, or it has NaN or infinities, a duplicate key, a number beyond the float
            range, half of a surrogate pair (which no later encoding could send), or is nested too deeply for Python.
            The message says what is wrong.
    """
    try:
        value: JSON = _DECODER.decode(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if "\\ud" in text.lower():
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise ValueError("half of a surrogate pair stands alone in a string") from None
    return value


def _reject_constant(name: str) -> JSON:
    raise ValueError(f"{name} is not JSON")


def _parse_finite_float(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError(f"{text} is out of range")
    if _LONG_NUMBER.search(text) and Decimal(text) != Decimal(repr(value)):
        return ExactFloat(text)
    return value


def _parse_bounded_int(text: str) -> int:
    if len(text) > _MAX_INTEGER_DIGITS:
        raise ValueError(f"an integer of {len(text):,} digits is out of range")
    return int(text)


def _reject_duplicate_keys(pairs: list[tuple[str, JSON]]) -> dict[str, JSON]:
    value = dict(pairs)
    if len(value) < len(pairs):
        counts = Counter(key for key, _ in pairs)
        twice = next(key for key, count in counts.items() if count > 1)
        raise ValueError(f"the key {twice!r} is given twice")
    return value


_DECODER = json.JSONDecoder(
    parse_constant=_reject_constant,
    parse_float=_parse_finite_float,
    parse_int=_parse_bounded_int,
    object_pairs_hook=_reject_duplicate_keys,
)
