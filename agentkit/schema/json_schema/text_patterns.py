"""Patterns for texts without a JSON Schema `format`: decimals, bounded dates, naive times, UUID versions.

They work in both dialects of regular expressions: ECMA's, which JSON Schema prescribes, and Python's, where `$` also
matches before a trailing newline and `\\d` matches digits of any script.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal

from agentkit.schema.json_schema.number_patterns import TEXT_END, bound_pattern, first_difference_patterns

_TIME = r"[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"
NAIVE_DATETIME = rf"^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}T{_TIME}{TEXT_END}"
"""A date and time without UTC offset."""
_NUMBER = r"([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,6})?"
DECIMAL = rf"^[+-]?{_NUMBER}{TEXT_END}"
"""The digits of a Decimal without constraints."""
COMPLEX_NUMBER = rf"^[+-]?{_NUMBER}(j|[+-]{_NUMBER}j)?{TEXT_END}"
"""A complex number as Python writes it, without parentheses."""
NOT_BLANK = r"\S"
"""A text with at least one character that is not whitespace."""
AS_DESCRIBED = "exactly in the form described"
"""Stands for a pattern of this package whose meaning is already in the description beside it."""
_PATTERN_WORDS = {
    NOT_BLANK: "not blank",
    NAIVE_DATETIME: "a date and time without offset, such as 2026-01-31T09:30:00",
    DECIMAL: "a decimal number such as 12.50",
    COMPLEX_NUMBER: "a complex number such as 1+2j",
}
_BOUNDS = (("ge", True, True), ("gt", True, False), ("le", False, True), ("lt", False, False))


def describe_pattern(pattern: str) -> str:
    """Describe a pattern in words if it is from this package, else by quoting the regular expression."""
    if pattern in _PATTERN_WORDS:
        return _PATTERN_WORDS[pattern]
    return AS_DESCRIBED if TEXT_END in pattern else f"matching the regular expression `{pattern}`"


_EXPONENT_LIMIT = r"^(?!.*E[+-]?0*[1-9][0-9]{17})"
"""Allows exponents of up to 17 digits: Python's decimals take no more than 18."""


def decimal_pattern(constraints: Mapping[str, object], digits: str | None) -> str:
    """Return a pattern for Decimals as text within the constraints. `digits`: a pattern for the number of digits."""
    bounds = [
        bound_pattern(Decimal(str(constraints[key])), above=above, inclusive=inclusive)
        for key, above, inclusive in _BOUNDS
        if constraints.get(key) is not None
    ]
    if bounds:
        bounds.append(_EXPONENT_LIMIT)
    patterns = ([digits.removesuffix("$") + TEXT_END] if digits else []) + bounds
    return combine_patterns(patterns) if patterns else DECIMAL


def combine_patterns(patterns: list[str]) -> str:
    """Return one pattern that matches what all of the anchored patterns match."""
    if len(patterns) == 1:
        return patterns[0]
    return "^" + "".join(f"(?={pattern.removeprefix('^')})" for pattern in patterns)


def date_pattern(constraints: Mapping[str, object]) -> str | None:
    """Return a pattern for the ISO dates within bounds. None: there are no bounds."""
    bounds = [
        _date_bound_pattern(bound, above=above, inclusive=inclusive)
        for key, above, inclusive in _BOUNDS
        if isinstance(bound := constraints.get(key), date)
    ]
    return combine_patterns(bounds) if bounds else None


def _date_bound_pattern(bound: date, *, above: bool, inclusive: bool) -> str:
    text = bound.isoformat()
    beyond: Iterator[str] = first_difference_patterns(text, larger=above)
    choices = [*beyond, text] if inclusive else [*beyond]
    # Nothing is before 0001-01-01 or after 9999-12-31: then the pattern matches nothing.
    return f"^({'|'.join(choices)})[0-9-]*{TEXT_END}" if choices else f"^(?!){TEXT_END}"


def uuid_pattern(version: int) -> str:
    """Return a pattern for UUIDs of one version, by the digit for the version and the one for the variant."""
    return rf"^.{{14}}{version:x}.{{4}}[89abAB]"
