"""A grader is a function of a trial, sync or async, or an expectation about its calls; all give a grade."""

from functools import partial

import pytest

from agentkit.errors import UsageError
from agentkit.evals import Grade, called
from agentkit.evals.grader import Grader, grade_of, grader_name
from agentkit.evals.graders import world_is
from agentkit.evals.trial import AnyTrial
from agentkit.testing.expectations import Call
from tests.evals.trials import trial

pytestmark = pytest.mark.anyio


def has_answered(trial: AnyTrial) -> bool:
    return trial.output is not None


async def is_polite(trial: AnyTrial) -> Grade:
    return Grade("please" in str(trial.output), score=0.5)


def asserts(trial: AnyTrial) -> bool:
    assert trial.output == "other", "it is another one"
    return True


@pytest.mark.parametrize(
    ("grader", "grade"),
    [
        (has_answered, Grade(passed=True, grader="has_answered")),
        (is_polite, Grade(passed=True, score=0.5, grader="is_polite")),
        (called("price"), Grade(passed=True, grader='called("price")')),
        (called("pay"), Grade(False, "Expected a call pay().", grader='called("pay")')),
    ],
)
async def test_the_forms_of_a_grader(grader: Grader, grade: Grade) -> None:
    assert await grade_of(grader, trial("please", calls=[Call("price", {}, (), is_error=False)])) == grade


async def test_an_assertion_that_does_not_hold_is_a_failure_and_all_else_passes_on() -> None:
    grade = await grade_of(asserts, trial("this"))
    assert (grade.passed, grade.reason.split("\n")[0]) == (False, "it is another one")
    with pytest.raises(ZeroDivisionError):
        await grade_of(lambda _: 1 / 0 > 1, trial())
    for nothing in (None, "yes", 1):
        with pytest.raises(UsageError, match=r"<lambda> returned \w+ instead of a Grade, True or False"):
            await grade_of(lambda _, nothing=nothing: nothing, trial())  # type: ignore[misc]


def stock_of(*_: object) -> object:
    return None


def test_a_function_is_written_by_its_name() -> None:
    assert grader_name(world_is(1, stock_of)) == "world_is(1, stock_of)"
    assert grader_name(world_is(1, partial(stock_of, 1))) == "world_is(1, stock_of)"


def test_a_long_name_is_cut() -> None:
    assert len(grader_name(called("price", item="tea" * 100))) == 80


def test_the_values_in_a_name_are_neither_compared_nor_trusted_to_be_written() -> None:
    class Array:
        def __eq__(self, other: object) -> bool:
            raise ValueError("the truth value of an array is ambiguous")

        __hash__ = None  # type: ignore[assignment]

        def __repr__(self) -> str:
            raise ValueError("no text")

    assert grader_name(world_is(Array())) == "world_is(<Array>)"
