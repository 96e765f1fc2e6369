"""A grader is a function of a trial, sync or async, or an expectation about its calls."""

from typing import Any

import pytest

from agentkit.evals import Grade, Trial, called, never_called
from agentkit.evals.grader import Grader
from agentkit.evals.running.grading import grade_trial
from agentkit.testing.expectations import Call
from tests.evals.trials import trial

pytestmark = pytest.mark.anyio


async def is_four(one: Trial) -> Grade:
    return Grade(one.output == 4, score=0.5)


def is_named(one: Trial) -> Grade:
    return Grade(passed=True, grader="mine")


async def test_every_kind_of_grader_gives_a_grade_with_its_name() -> None:
    calls = (Call("price", {}, ("a",), is_error=False),)
    graders: list[Grader] = [is_four, is_named, lambda one: one.number == 1, called("price"), never_called("price")]
    graded, _ = await grade_trial(trial(4, calls=calls), graders)
    assert [grade.passed for grade in graded.grades] == [True, True, True, True, False]
    names = [grade.grader for grade in graded.grades]
    assert names == ["is_four", "mine", "<lambda>", 'called("price")', 'never_called("price")']
    assert (graded.is_judged, graded.passed, graded.grades[0].points) == (True, False, 0.5)


async def test_what_cannot_be_graded_is_a_problem() -> None:
    def counts(one: Trial) -> Any:
        return one.number

    graded, _ = await grade_trial(trial(4), [is_four, counts, is_four])
    assert not graded.is_judged
    assert graded.problem.startswith("The grader counts raised UsageError")
