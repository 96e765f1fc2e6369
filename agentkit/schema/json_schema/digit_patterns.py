"""Build regular expressions for decimals of so many digits, in the texts that Python's `str` returns.

A decimal is counted as pydantic counts it: zeros at the end of the fraction are no digits, and an exponent moves them.
"""

from __future__ import annotations

SMALLEST_PLAIN_EXPONENT = -6
"""Below it Python writes an exponent: `0.000001`, but `1E-7`."""


def digits_pattern(max_digits: int | None, decimal_places: int | None) -> str:
    """Return a pattern for decimals with so many digits at most, in all and after the point.

    One of the two limits may be None: any number.
    """
    whole_digits = None if max_digits is None else max_digits - (decimal_places or 0)
    has_whole_digits = whole_digits is None or whole_digits > 0
    forms = [*_plain_forms(max_digits, decimal_places), f"0E{'[+-]' if has_whole_digits else '-'}[1-9][0-9]*"]
    if whole_digits is None:
        forms.append(r"[1-9](\.[0-9]+)?E\+[1-9][0-9]*")
    elif whole_digits > 1:
        forms.append(rf"[1-9](\.[0-9]+)?E\+{_up_to(whole_digits - 1)}")
    places = min(limit for limit in (max_digits, decimal_places) if limit is not None)
    exponents = range(1 - SMALLEST_PLAIN_EXPONENT, places + 1)
    forms += [f"[1-9]{_fraction(places - exponent)}E-{exponent}" for exponent in exponents]
    return f"^-?({'|'.join(forms)})$"


def _plain_forms(max_digits: int | None, decimal_places: int | None) -> list[str]:
    """Return the forms without an exponent."""
    if max_digits is None:
        return [f"(0|[1-9][0-9]*){_fraction(decimal_places or 0)}"]
    if decimal_places is not None:
        fraction = _fraction(min(max_digits, decimal_places))
        if decimal_places >= max_digits:  # not even a zero may stand alone before the point
            return ["0" + fraction.removesuffix("?")]
        return [_whole(0, max_digits - decimal_places) + fraction]
    # The more digits stand before the point, the fewer may stand behind it.
    return [_whole(number, number) + _fraction(max_digits - number) for number in range(max_digits + 1)]


def _whole(least: int, most: int) -> str:
    """Return a pattern for whole numbers with a number of digits; zero has none."""
    if most <= 0:
        return "0"
    number = f"[1-9][0-9]{{{max(least - 1, 0)},{most - 1}}}"
    return f"(0|{number})" if least == 0 else number


def _fraction(places: int) -> str:
    """Return a pattern for what may follow a whole number: a point and so many digits, then zeros."""
    return rf"(\.[0-9]{{1,{places}}}0*)?" if places > 0 else r"(\.0+)?"


def _up_to(limit: int) -> str:
    """Return a pattern for the whole numbers from 1 to the limit."""
    tens = [f"{ten or ''}[{0 if ten else 1}-{min(9, limit - 10 * ten)}]" for ten in range(limit // 10 + 1)]
    return tens[0] if len(tens) == 1 else f"({'|'.join(tens)})"
