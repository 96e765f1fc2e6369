"""Graders: functions of a trial that say if it passed, and expectations about its calls."""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable
from dataclasses import fields, is_dataclass
from functools import partial
from typing import TypeAlias, cast

from agentkit.errors import UsageError
from agentkit.evals.grade import Grade
from agentkit.evals.trial import AnyTrial
from agentkit.testing.expectations import Expectation

Verdict: TypeAlias = "Grade | bool"
"""The value that a grader returns."""
GraderFunction: TypeAlias = "Callable[[AnyTrial], Verdict | Awaitable[Verdict]]"
"""A grader: a sync or async function of a trial. `AssertionError` means that the trial did not pass, for its reason."""
Grader: TypeAlias = "GraderFunction | Expectation"
"""A function of a trial, or an expectation about its calls, made by `called`, `never_called` or `in_order`."""

_MOST_CHARS_OF_A_NAME = 80


async def grade_of(grader: Grader, trial: AnyTrial) -> Grade:
    """Return the grade of a trial by one grader. What the grader raises, but for AssertionError, passes on.

    Args:
        grader: A function, or an expectation.
        trial: The trial.

    Raises:
        UsageError: The grader returned neither a grade nor True or False, which says nothing about the trial.
    """
    name = grader_name(grader)
    try:
        said: object = _said_by(grader, trial)
        if inspect.isawaitable(said):
            said = await said
    except AssertionError as error:
        return Grade(passed=False, reason=str(error) or "an assertion does not hold", grader=name)
    if isinstance(said, bool):
        return Grade(said, grader=name)
    if isinstance(said, Grade):
        return Grade(said.passed, said.reason, said.score, said.grader or name)
    raise UsageError(f"The grader {name} returned {type(said).__name__} instead of a Grade, True or False.")


def _said_by(grader: Grader, trial: AnyTrial) -> object:
    if callable(grader):
        return grader(trial)
    unmet = grader.unmet(trial.calls)
    return Grade(unmet is None, unmet or "")


def grader_name(grader: Grader) -> str:
    """Return the name of a grader for reports: that of a function, or a grader as it is written, `near(4.0)`.

    Args:
        grader: A function, or an expectation.
    """
    name = getattr(grader, "__name__", None)
    if not isinstance(name, str):
        is_expectation = hasattr(grader, "unmet")  # it has a form of its own
        name = repr(grader) if is_expectation else _written(grader)
    return name if len(name) <= _MOST_CHARS_OF_A_NAME else f"{name[: _MOST_CHARS_OF_A_NAME - 3]}..."


def _written(grader: object) -> str:
    """Return the call that made a grader, from its class `_WorldIs` and the fields that say something."""
    if not is_dataclass(grader):
        return repr(grader)
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(grader).__name__.lstrip("_")).lower()
    values = [getattr(grader, one.name) for one in fields(grader) if one.repr]
    said = ", ".join(_written_value(one) for one in values if not _is_left_out(one))
    return f"{name}({said})" if said else name


def _is_left_out(value: object) -> bool:
    """Return True for None, zero and an empty tuple. Arrays are not compared: their `==` has no truth value."""
    return value is None or (isinstance(value, int | float | tuple) and not value)


def _written_value(value: object) -> str:
    """Return a value as it is written; a function by its name, the same in every process."""
    function = cast("partial[object]", value).func if isinstance(value, partial) else value
    try:
        return str(getattr(function, "__name__", None) or repr(function))
    except Exception:  # noqa: BLE001 - a type of the program may raise anything
        return f"<{type(function).__name__}>"
