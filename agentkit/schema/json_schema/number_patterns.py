r"""Regular expressions for numbers written as text, within bounds.

JSON Schema has `minimum` for numbers only; a Decimal's exact form is a string, and so are the keys of a dictionary.
The texts are those that Python's `str` gives: `12`, `-0.5`, `1E+5`, `1.50E-7`.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

END = r"$(?!\n)"
"""The end of the text, also for Python, whose `$` matches before a last newline."""
_ANY = "[0-9]*"


def bound_pattern(bound: Decimal, *, above: bool, inclusive: bool) -> str:
    """The texts of decimals on one side of a bound."""
    magnitude = bound.copy_abs()  # abs() would round
    is_zero_inside = (bound < 0 if above else bound > 0) or (inclusive and not bound)
    # The sign's own side holds every magnitude; on the bound's side the magnitudes are compared.
    if above:
        outward, inward = "", "-"
        inward_holds = bound < 0
    else:
        outward, inward = "-", ""
        inward_holds = bound > 0
    parts: list[str] = []
    if not bound:
        parts.append(outward + _nonzero())
    elif inward_holds:
        parts.append(outward + _nonzero())
        parts += [inward + text for text in _compared(magnitude, larger=False, inclusive=inclusive)]
    else:
        parts += [outward + text for text in _compared(magnitude, larger=True, inclusive=inclusive)]
    if is_zero_inside:
        parts.append(r"-?0+(\.0+)?(E[+-]?[0-9]+)?")
    return f"^({'|'.join(parts)}){END}"


def _nonzero() -> str:
    return r"(?=[0-9.]*[1-9])[0-9]+(\.[0-9]+)?(E[+-]?[0-9]+)?"


def _compared(bound: Decimal, *, larger: bool, inclusive: bool) -> Iterator[str]:
    """Unsigned nonzero texts beyond a positive bound, plain first, then with an exponent."""
    digits = "".join(map(str, bound.as_tuple().digits)).lstrip("0")
    point = bound.adjusted() + 1  # digits before the point
    whole = digits[:point].ljust(point, "0") if point > 0 else ""
    fraction = digits[point:] if point > 0 else "0" * -point + digits
    yield "0*" + _plain(whole, fraction.rstrip("0"), larger=larger, inclusive=inclusive)
    mantissa = _plain(digits[0], digits[1:].rstrip("0"), larger=larger, inclusive=inclusive)
    yield rf"(?=[1-9])({mantissa})E{_exponent(bound.adjusted())}"
    beyond = _exponents(bound.adjusted(), larger=larger)
    yield rf"[1-9](\.[0-9]+)?E{beyond}"


def _plain(whole: str, fraction: str, *, larger: bool, inclusive: bool) -> str:
    """Texts without leading zeros or exponent, compared with `whole.fraction`."""
    tail = r"(\.[0-9]+)?"
    parts = [text + tail for text in _same_length(whole, larger=larger)]
    if larger:
        parts.append(rf"[1-9][0-9]{{{len(whole)},}}{tail}")
    elif len(whole) > 1:
        parts.append(rf"[0-9]{{1,{len(whole) - 1}}}{tail}")
    if whole and not larger:
        parts.append(r"\.[0-9]+")  # the zeros before it have eaten the 0
    parts += [rf"{whole}\.{text}[0-9]*" for text in differing(fraction, larger=larger)]
    if larger:
        parts.append(rf"{whole}\.{fraction}[0-9]*[1-9][0-9]*")
    elif fraction:
        parts.append(rf"{whole}(\.0*)?")
        parts += [rf"{whole}\.{fraction[:i]}0*" for i in range(1, len(fraction))]
    if inclusive:
        parts.append(rf"{whole}\.{fraction}0*" if fraction else rf"{whole}(\.0+)?")
    nonzero = "" if larger else "(?=[0-9.]*[1-9])"
    return f"{nonzero}({'|'.join(parts)})"


def differing(digits: str, *, larger: bool) -> Iterator[str]:
    """What a text begins with if it first differs from `digits` in the wanted direction."""
    for i, digit in enumerate(digits):
        if digit.isdigit() and digit != ("9" if larger else "0"):
            yield digits[:i] + (f"[{int(digit) + 1}-9]" if larger else f"[0-{int(digit) - 1}]")


def _same_length(digits: str, *, larger: bool) -> Iterator[str]:
    """Digit strings of the same length, beyond `digits` in the wanted direction."""
    for text in differing(digits, larger=larger):
        rest = len(digits) - text.index("[") - 1
        yield f"{text}[0-9]{{{rest}}}" if rest else text


def _exponent(value: int) -> str:
    return rf"\+?0*{value}" if value >= 0 else rf"-0*{-value}"


def _exponents(value: int, *, larger: bool) -> str:
    """Exponents beyond `value`, with their sign."""
    magnitude = str(abs(value))
    if value == 0:
        return r"\+?0*[1-9][0-9]*" if larger else r"-0*[1-9][0-9]*"
    outward = larger == (value > 0)
    compared = list(_same_length(magnitude, larger=outward))
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
