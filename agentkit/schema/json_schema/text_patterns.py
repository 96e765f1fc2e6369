"""Texts that no `format` of JSON Schema describes, as patterns: decimals, bounded dates, naive times, UUID versions.

They are written for both dialects in use: ECMA's, which JSON Schema names, and Python's, in which `$` also
matches before a last newline and a digit may be of any script.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal

from agentkit.schema.json_schema.number_patterns import END, bound_pattern, differing

_TIME = r"[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"
NAIVE_DATETIME = rf"^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}T{_TIME}{END}"
"""A date and time without offset."""
_NUMBER = r"([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,6})?"
DECIMAL = rf"^[+-]?{_NUMBER}{END}"
"""The digits of a Decimal without constraints."""
COMPLEX = rf"^[+-]?{_NUMBER}(j|[+-]{_NUMBER}j)?{END}"
"""A complex number as Python writes it, without parentheses."""
NOT_BLANK = r"\S"
"""A text that is more than space."""
AS_DESCRIBED = "exactly in the form described"
"""Stands for a pattern of ours whose meaning the description beside it tells."""
_WORDS = {
    NOT_BLANK: "not blank",
    NAIVE_DATETIME: "a date and time without offset, such as 2026-01-31T09:30:00",
    DECIMAL: "a decimal number",
    COMPLEX: "a complex number such as 1+2j",
}
_BOUNDS = (("ge", True, True), ("gt", True, False), ("le", False, True), ("lt", False, False))


def pattern_words(pattern: str) -> str:
    """A pattern in words, where it is one of ours; otherwise the regular expression itself."""
    if pattern in _WORDS:
        return _WORDS[pattern]
    return AS_DESCRIBED if END in pattern else f"matching the regular expression `{pattern}`"


_EXPONENT = r"^(?!.*E[+-]?0*[1-9][0-9]{17})"
"""Python's decimals take exponents of up to 18 digits; here all of up to 17 fit."""


def decimal_pattern(constraints: Mapping[str, object], digits: str | None) -> str:
    """The texts of the Decimals that meet the constraints. `digits`: a pattern for how many digits there may be."""
    bounds = [
        bound_pattern(Decimal(str(constraints[key])), above=above, inclusive=inclusive)
        for key, above, inclusive in _BOUNDS
        if constraints.get(key) is not None
    ]
    if bounds:
        bounds.append(_EXPONENT)
    patterns = ([digits.removesuffix("$") + END] if digits else []) + bounds
    return all_of(patterns) if patterns else DECIMAL


def all_of(patterns: list[str]) -> str:
    """One pattern for what several anchored ones demand at once."""
    if len(patterns) == 1:
        return patterns[0]
    return "^" + "".join(f"(?={pattern.removeprefix('^')})" for pattern in patterns)


def date_pattern(constraints: Mapping[str, object]) -> str | None:
    """The ISO dates within bounds; None without bounds."""
    bounds = [
        _date_bound(bound, above=above, inclusive=inclusive)
        for key, above, inclusive in _BOUNDS
        if isinstance(bound := constraints.get(key), date)
    ]
    return all_of(bounds) if bounds else None


def _date_bound(bound: date, *, above: bool, inclusive: bool) -> str:
    text = bound.isoformat()
    beyond: Iterator[str] = differing(text, larger=above)
    choices = [*beyond, text] if inclusive else [*beyond]
    # A year before 0001 or after 9999 does not exist: then nothing fits.
    return f"^({'|'.join(choices)})[0-9-]*{END}" if choices else f"^(?!){END}"


def uuid_pattern(version: int) -> str:
    """The digit that says a UUID's version."""
    return rf"^.{{14}}{version:x}.{{4}}[89abAB]"
