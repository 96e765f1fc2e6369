r"""Build regular expressions for numbers within bounds that are written as text.

JSON Schema has `minimum` for numbers only, but a Decimal's exact form is a string, and so are the keys of a
dictionary. The patterns match the texts that Python's `str` returns: `12`, `-0.5`, `1E+5`, `1.50E-7`.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

TEXT_END = r"$(?!\n)"
"""The end of the text in Python too, where `$` alone also matches before a trailing newline."""


def bound_pattern(bound: Decimal, *, above: bool, inclusive: bool) -> str:
    """Return a pattern for the texts of the decimals on one side of a bound."""
    magnitude = bound.copy_abs()  # abs() rounds to the precision of the context
    is_zero_inside = (bound < 0 if above else bound > 0) or (inclusive and not bound)
    # With one sign every magnitude is within the bound; with the other the magnitudes are compared.
    if above:
        outward, inward = "", "-"
        inward_holds = bound < 0
    else:
        outward, inward = "-", ""
        inward_holds = bound > 0
    parts: list[str] = []
    if not bound:
        parts.append(outward + _nonzero_pattern())
    elif inward_holds:
        parts.append(outward + _nonzero_pattern())
        parts += [inward + text for text in _magnitude_patterns(magnitude, larger=False, inclusive=inclusive)]
    else:
        parts += [outward + text for text in _magnitude_patterns(magnitude, larger=True, inclusive=inclusive)]
    if is_zero_inside:
        parts.append(r"-?0+(\.0+)?(E[+-]?[0-9]+)?")
    return f"^({'|'.join(parts)}){TEXT_END}"


def _nonzero_pattern() -> str:
    return r"(?=[0-9.]*[1-9])[0-9]+(\.[0-9]+)?(E[+-]?[0-9]+)?"


def _magnitude_patterns(bound: Decimal, *, larger: bool, inclusive: bool) -> Iterator[str]:
    """Yield patterns for unsigned nonzero texts beyond a positive bound: plain, then with an exponent."""
    digits = "".join(map(str, bound.as_tuple().digits)).lstrip("0")
    point = bound.adjusted() + 1  # number of digits before the decimal point
    whole = digits[:point].ljust(point, "0") if point > 0 else ""
    fraction = digits[point:] if point > 0 else "0" * -point + digits
    yield "0*" + _plain_number_pattern(whole, fraction.rstrip("0"), larger=larger, inclusive=inclusive)
    mantissa = _plain_number_pattern(digits[0], digits[1:].rstrip("0"), larger=larger, inclusive=inclusive)
    yield rf"(?=[1-9])({mantissa})E{_exponent_pattern(bound.adjusted())}"
    beyond = _exponents_beyond(bound.adjusted(), larger=larger)
    yield rf"[1-9](\.[0-9]+)?E{beyond}"


def _plain_number_pattern(whole: str, fraction: str, *, larger: bool, inclusive: bool) -> str:
    """Return a pattern for texts without leading zeros or exponent that are beyond `whole.fraction`."""
    tail = r"(\.[0-9]+)?"
    parts = [text + tail for text in _same_length_patterns(whole, larger=larger)]
    if larger:
        parts.append(rf"[1-9][0-9]{{{len(whole)},}}{tail}")
    elif len(whole) > 1:
        parts.append(rf"[0-9]{{1,{len(whole) - 1}}}{tail}")
    if whole and not larger:
        parts.append(r"\.[0-9]+")  # the caller's `0*` has already matched the 0 before the point
    parts += [rf"{whole}\.{text}[0-9]*" for text in first_difference_patterns(fraction, larger=larger)]
    if larger:
        parts.append(rf"{whole}\.{fraction}[0-9]*[1-9][0-9]*")
    elif fraction:
        parts.append(rf"{whole}(\.0*)?")
        parts += [rf"{whole}\.{fraction[:i]}0*" for i in range(1, len(fraction))]
    if inclusive:
        parts.append(rf"{whole}\.{fraction}0*" if fraction else rf"{whole}(\.0+)?")
    nonzero = "" if larger else "(?=[0-9.]*[1-9])"
    return f"{nonzero}({'|'.join(parts)})"


def first_difference_patterns(digits: str, *, larger: bool) -> Iterator[str]:
    """Yield patterns for the beginnings of texts whose first difference from `digits` is larger, or smaller."""
    for i, digit in enumerate(digits):
        if digit.isdigit() and digit != ("9" if larger else "0"):
            yield digits[:i] + (f"[{int(digit) + 1}-9]" if larger else f"[0-{int(digit) - 1}]")


def _same_length_patterns(digits: str, *, larger: bool) -> Iterator[str]:
    """Yield patterns for digit strings of the same length that are larger, or smaller, than `digits`."""
    for text in first_difference_patterns(digits, larger=larger):
        rest = len(digits) - text.index("[") - 1
        yield f"{text}[0-9]{{{rest}}}" if rest else text


def _exponent_pattern(value: int) -> str:
    return rf"\+?0*{value}" if value >= 0 else rf"-0*{-value}"


def _exponents_beyond(value: int, *, larger: bool) -> str:
    """Return a pattern for signed exponents that are larger, or smaller, than `value`."""
    magnitude = str(abs(value))
    if value == 0:
        return r"\+?0*[1-9][0-9]*" if larger else r"-0*[1-9][0-9]*"
    outward = larger == (value > 0)
    compared = list(_same_length_patterns(magnitude, larger=outward))
    if outward:
        compared.append(rf"[1-9][0-9]{{{len(magnitude)},}}")
        sign = r"\+?" if value > 0 else "-"
        return rf"{sign}0*({'|'.join(compared)})"
    if len(magnitude) > 1:
        compared.append(rf"[0-9]{{1,{len(magnitude) - 1}}}")
    same_sign = r"\+?" if value > 0 else "-"
    other_sign = "-" if value > 0 else r"\+?"
    inner = rf"{same_sign}0*({'|'.join(compared)})" if compared else ""
    rest = rf"{other_sign}[0-9]+"
    return rf"({inner}|{rest})" if inner else rf"({rest})"
