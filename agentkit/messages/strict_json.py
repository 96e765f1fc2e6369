"""A strict JSON parser for texts of a model: anything that is not valid JSON is refused, never repaired or guessed."""

from __future__ import annotations

import json
from collections import Counter

from agentkit.messages.message import JSON

_MAX_INTEGER_DIGITS = 308
"""Digits of the longest integer that is within the float range, which every JSON parser accepts."""


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
