"""What setups, pipelines and graders raise is reported with its trial, whatever it is, and ends no other one."""

from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest

from agentkit import Agent
from agentkit.evals import Evaluation, Task, evaluate
from agentkit.evals.running.program_failures import failure_text, is_failure
from agentkit.evals.running.progress import Progress
from agentkit.evals.trial import AnyTrial
from agentkit.testing import Reply, script

pytestmark = pytest.mark.anyio


async def be_cancelled() -> None:
    """Raise a cancellation that is over, as awaiting a future does that somebody has cancelled."""
    cancelled = anyio.get_cancelled_exc_class()
    kept: list[BaseException] = []
    with anyio.CancelScope() as scope:
        scope.cancel()
        try:
            await anyio.lowlevel.checkpoint()
        except cancelled as error:
            kept.append(error)
            raise
    raise kept.pop()


async def answers(question: object) -> str:
    if question == "pipeline":
        await be_cancelled()
    return "4"


async def grade(trial: AnyTrial) -> bool:
    if trial.input == "grader":
        await be_cancelled()
    return trial.output == "4"


@asynccontextmanager
async def cancelled_at_the_end() -> AsyncGenerator[None]:
    yield
    await be_cancelled()


TASKS = [
    Task("pipeline", None, [grade]),
    Task("grader", None, [grade]),
    Task("setup", be_cancelled, [grade]),
    Task("cleanup", cancelled_at_the_end, [grade]),
    Task("none", None, [grade]),
]


async def test_a_cancellation_that_nothing_wanted_costs_one_trial_and_ends_no_other(tmp_path: Path) -> None:
    evaluation = await evaluate({"a": answers}, TASKS, tries=2, concurrency=2, store=tmp_path / "evals.db")
    assert len(evaluation.trials) == 10
    assert {trial.task: bool(trial.problem) for trial in evaluation.trials} == {
        "pipeline": False,
        "grader": True,
        "setup": True,
        "cleanup": True,
        "none": False,
    }
    assert [trial.task for trial in evaluation.trials if trial.passed] == ["none", "none"]
    assert evaluation.trials[0].reason


async def test_the_cancellation_of_an_agents_own_code_is_a_failure_of_the_agent() -> None:
    async def instructions(_ctx: object) -> str:
        await be_cancelled()
        return ""

    agent = Agent("a", model="claude-haiku-5-5", instructions=instructions)
    with script(lambda _: Reply.text("4")):
        evaluation = await evaluate(agent, [Task("1", None, [grade]), Task("2", None, [grade])])
    assert [(trial.passed, trial.problem) for trial in evaluation.trials] == [(False, ""), (False, "")]


async def test_a_cancelled_progress_function_is_an_error_and_no_complete_evaluation() -> None:
    async def shown(_state: Progress) -> None:
        await be_cancelled()

    with pytest.raises((RuntimeError, anyio.get_cancelled_exc_class())):
        await evaluate({"a": answers}, TASKS, progress=shown)


async def test_an_evaluation_can_be_cancelled_from_around_it() -> None:
    made: list[Evaluation] = []

    @contextmanager
    def setup() -> Generator[None]:
        scope.cancel()
        yield

    async def waits(_: object) -> None:
        await anyio.sleep_forever()

    with anyio.CancelScope() as scope:
        made.append(await evaluate({"a": waits}, [Task("x", setup, [grade])]))
    assert made == []
    assert scope.cancelled_caught


def test_the_text_of_an_exception_whose_own_text_fails() -> None:
    class Odd(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    assert failure_text(Odd()) == "Odd: <exception str() failed>"
    assert failure_text(ValueError("no tea")) == "ValueError: no tea"


async def test_interrupts_and_exits_are_no_failures() -> None:
    assert is_failure(ValueError())
    assert is_failure(ExceptionGroup("", [ValueError()]))
    assert not is_failure(KeyboardInterrupt())
    assert not is_failure(BaseExceptionGroup("", [ValueError(), SystemExit()]))
