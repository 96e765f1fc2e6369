"""The grader of numbers, with a tolerance, and the number that an output stands for."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from agentkit.errors import DefinitionError
from agentkit.evals.grade import Grade

if TYPE_CHECKING:
    from agentkit.evals.trial import AnyTrial

_SIGN = r"(?:(?<![\w)\]])[-+\u2212]\s?)?"
_GAP = r"[,'\u2019\u00a0\u2009\u202f ]"
_NUMBER = re.compile(
    rf"(?P<thousands>{_SIGN}\d{{1,3}}(?:{_GAP}\d{{3}})+(?!\d)(?:\.\d+)?)"
    rf"|(?P<comma>{_SIGN}(?<![\d,])(?:\d{{1,3}}(?:[.'\u2019\u00a0\u2009\u202f ]\d{{3}})+,\d+|\d+,\d{{1,2}})(?![\d,]))"
    rf"|(?P<plain>{_SIGN}(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d+)?)"
)
"""A number with thousands apart, `1,234.5`; with a decimal comma, `4,2` or `1.234,5`; or plain. A dash between words or
numbers is no sign."""
_ROUNDING = 1e-9
"""The tolerance that covers the rounding of floating-point numbers."""


@dataclass(frozen=True, slots=True)
class _Near:
    value: float
    abs: float
    rel: float

    def __call__(self, trial: AnyTrial) -> Grade:
        passed = is_near(trial.output, self.value, self.abs, self.rel)
        within = max(self.abs, self.rel * abs(self.value))
        expected = f"expected {self.value!r}{f' within {within:g}' if within else ''}"
        return Grade(passed, "" if passed else f"{expected}, the answer is {trial.output!r}"[:400])


def near(value: float, *, abs: float = 0.0, rel: float = 0.0) -> _Near:  # noqa: A002 - pytest.approx has these names
    """Return a grader of a number: it passes within either tolerance. A text stands for its last number.

    Args:
        value: The expected number.
        abs: The greatest difference that is allowed.
        rel: The greatest difference that is allowed, as a share of the expected number; 0.01 is a hundredth.

    Raises:
        DefinitionError: A tolerance is below 0, or something is no finite number.
    """
    for name, given in (("value", value), ("abs", abs), ("rel", rel)):
        if not math.isfinite(given) or (name != "value" and given < 0):
            raise DefinitionError(f"near(): `{name}` is {given!r}; it is a number{' from 0' * (name != 'value')}.")
    return _Near(value, abs, rel)


def is_near(output: object, expected: float, absolute: float = 0.0, relative: float = 0.0) -> bool:
    """Return True if an output is a number within a tolerance, or a text whose last number is.

    Args:
        output: The output.
        expected: The expected number.
        absolute: The greatest difference; rounding is always allowed.
        relative: The greatest difference as a share of the expected number.
    """
    found = _number_in(output)
    if found is None:
        return False
    return abs(found - expected) <= max(absolute, relative * abs(expected), _ROUNDING, _ROUNDING * abs(expected))


def _number_in(output: object) -> float | None:
    if isinstance(output, str):
        found = [*_NUMBER.finditer(output)]
        return _value_of(found[-1]) if found else None
    if isinstance(output, bool) or not isinstance(output, int | float | Decimal):
        return None
    return float(output)


def _value_of(number: re.Match[str]) -> float:
    text = re.sub(r"['\u2019\s]", "", number[0]).replace("\u2212", "-")
    if number.lastgroup == "comma":
        return float(text.replace(".", "").replace(",", "."))
    return float(text.replace(",", ""))
