"""A grade: the judgement of one grader on one trial."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Grade:
    """The judgement of one grader on one trial.

    Raises:
        ValueError: `passed` is not True or False, the reason is no text, or the score is not between 0 and 1.
    """

    passed: bool
    """True if the trial did what this grader looks at."""
    reason: str = ""
    """The reason in a sentence: what was expected, and what was found."""
    score: float | None = None
    """Partial credit from 0 to 1. None: 1 if it passed, else 0."""
    grader: str = ""
    """The name of the grader; filled in by the evaluation."""

    def __post_init__(self) -> None:
        if self.passed not in (True, False):  # of any kind, as that of NumPy: a float would pass whatever it is
            raise ValueError(f"Grade(passed={self.passed!r}): it is True or False; partial credit is the `score`.")
        object.__setattr__(self, "passed", bool(self.passed))
        if not isinstance(self.reason, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ValueError(f"Grade(reason={self.reason!r}): a reason is a text.")
        if self.score is not None and not (math.isfinite(self.score) and 0 <= self.score <= 1):
            raise ValueError(f"Grade(score={self.score!r}): a score is a number from 0 to 1.")

    @property
    def points(self) -> float:
        """The score, or 1 and 0 for passed and not."""
        return float(self.passed) if self.score is None else self.score
