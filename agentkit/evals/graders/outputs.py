"""The grader of answers: the output against the expected one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentkit.evals.grade import Grade
from agentkit.evals.graders.json_differences import json_differences
from agentkit.evals.graders.numeric import is_near

if TYPE_CHECKING:
    from agentkit.evals.trial import AnyTrial

_MOST_CHARS = 200


@dataclass(frozen=True, slots=True)
class _Answers:
    expected: object

    def __call__(self, trial: AnyTrial) -> Grade:
        if not isinstance(self.expected, bool) and isinstance(self.expected, int | float):
            passed = is_near(trial.output, self.expected)
        elif isinstance(self.expected, str) and isinstance(trial.output, str):
            passed = plain_text(self.expected) == plain_text(trial.output)
        else:
            passed = not json_differences(self.expected, trial.output)
        return Grade(passed, "" if passed else f"expected {_cut(self.expected)}, the answer is {_cut(trial.output)}")


def answers(expected: object) -> _Answers:
    """Return a grader that compares the output with the expected one.

    A number fits a number, and a text whose last number it is. A text fits but for case, spaces and a full stop at the
    end. Everything else is compared as JSON; models and dataclasses may stand for their objects.

    Args:
        expected: The expected output.
    """
    return _Answers(expected)


def _cut(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _MOST_CHARS else f"{text[:_MOST_CHARS]}..."


def plain_text(text: str) -> str:
    """Return a text without what does not count in a comparison: case, spaces, and a full stop at the end."""
    return " ".join(text.split()).rstrip(".").casefold()
