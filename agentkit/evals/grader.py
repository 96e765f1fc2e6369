"""Graders: functions of a trial that say if it passed, and expectations about its calls."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from agentkit.evals.grade import Grade
from agentkit.evals.trial import AnyTrial
from agentkit.testing.expectations import Expectation

Verdict: TypeAlias = "Grade | bool"
"""The value that a grader returns."""
GraderFunction: TypeAlias = "Callable[[AnyTrial], Verdict | Awaitable[Verdict]]"
"""A grader: a sync or async function of a trial. `AssertionError` means that the trial did not pass, for its reason."""
Grader: TypeAlias = "GraderFunction | Expectation"
"""A function of a trial, or an expectation about its calls, made by `called`, `never_called` or `in_order`."""
