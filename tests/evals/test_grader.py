"""A grader is a function of a trial, sync or async, or an expectation about its calls."""

from agentkit.evals import Grade, Trial, called
from agentkit.evals.grader import Grader


def has_answered(trial: Trial[None]) -> bool:
    return trial.output is not None


async def is_polite(trial: Trial[None]) -> Grade:
    return Grade("please" in str(trial.output))


def test_the_type_takes_the_three_forms() -> None:
    graders: list[Grader] = [has_answered, is_polite, called("price").times(1)]
    assert len(graders) == 3
