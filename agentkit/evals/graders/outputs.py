"""The grader of answers: the output against the expected one."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from agentkit.evals.grade import Grade
from agentkit.evals.graders.json_differences import json_differences

if TYPE_CHECKING:
    from agentkit.evals.trial import AnyTrial

_NUMBER = re.compile(r"[-+\u2212]?(?:\d{1,3}(?:[,'\u00a0\u2009 ]\d{3})+(?!\d)|\d+)(?:\.\d+)?(?:[eE][-+]?\d+)?")
_RELATIVE_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class _Answers:
    expected: object

    def __call__(self, trial: AnyTrial) -> Grade:
        if not isinstance(self.expected, bool) and isinstance(self.expected, int | float):
            passed = _is_number(self.expected, trial.output)
        elif isinstance(self.expected, str) and isinstance(trial.output, str):
            passed = _plain(self.expected) == _plain(trial.output)
        else:
            passed = not json_differences(self.expected, trial.output)
        return Grade(passed, "" if passed else f"expected {self.expected!r}, the answer is {trial.output!r}"[:400])


def answers(expected: object) -> _Answers:
    """Return a grader that compares the output with the expected one.

    A number fits a number, and a text whose last number it is. A text fits but for case, spaces and a full stop at the
    end. Everything else is compared as JSON; models and dataclasses may stand for their objects.

    Args:
        expected: The expected output.
    """
    return _Answers(expected)


def _is_number(expected: float, found: object) -> bool:
    if isinstance(found, str):
        numbers = _NUMBER.findall(found)
        if not numbers:
            return False
        found = float(re.sub("[,' \u00a0\u2009]", "", numbers[-1]).replace("\u2212", "-"))
    if isinstance(found, bool) or not isinstance(found, int | float | Decimal):
        return False
    return math.isclose(float(found), expected, rel_tol=_RELATIVE_TOLERANCE, abs_tol=_RELATIVE_TOLERANCE)


def _plain(text: str) -> str:
    return " ".join(text.split()).rstrip(".").casefold()
