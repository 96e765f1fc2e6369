"""`evaluate` tries agents and pipelines at tasks, each try in a world of its own."""

from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from agentkit import Agent, Budget, tool
from agentkit.errors import UsageError
from agentkit.evals import Case, PerTask, Progress, Suite, Task, Trial, called, evaluate
from agentkit.simulator import Reply
from agentkit.testing import script
from tests.evals.running.shop import Stock, asks_the_price, buyer, clerk, orders_tea

pytestmark = pytest.mark.anyio

TEA = Case("What does tea cost?", output=4.0, expect=[called("price")])


def tea_was_ordered(trial: Trial[Stock]) -> bool:
    return trial.world.orders == ["tea"]


async def test_the_small_way_in() -> None:
    with script(asks_the_price):
        evaluation = await evaluate(clerk, [TEA], tries=5)
    assert [trial.number for trial in evaluation.of()] == [1, 2, 3, 4, 5]
    assert all(trial.passed for trial in evaluation.trials)
    assert evaluation.pass_rate().value == evaluation.pass_at(1) == evaluation.pass_hat(5) == 1.0
    first = evaluation.trials[0]
    assert (first.cost_usd or 0) > 0
    assert evaluation.cost_usd == pytest.approx(evaluation.spent_usd) == pytest.approx(5 * (first.cost_usd or 0))
    assert evaluation.transcript(first)[0]["content"] == "What does tea cost?"


async def test_each_try_has_a_world_of_its_own_that_is_left_after_the_grading() -> None:
    left: list[Stock] = []

    @contextmanager
    def opened() -> Generator[Stock]:
        stock = Stock()
        yield stock
        left.append(stock)

    @asynccontextmanager
    async def opened_async() -> AsyncGenerator[Stock]:
        with opened() as stock:
            yield stock

    async def made() -> Stock:
        return Stock()

    def was_not_left(trial: Trial[Stock]) -> bool:
        return trial.world not in left or not any(trial.world is one for one in left)

    setups: list[Any] = [Stock, made, opened, opened_async]
    graders = [tea_was_ordered, was_not_left]
    tasks = [Task(f"Order tea ({place}).", setup, graders) for place, setup in enumerate(setups)]
    with script(orders_tea):
        evaluation = await evaluate(buyer, tasks, tries=2)
    assert [trial.problem for trial in evaluation.trials if not trial.passed] == []
    assert len(left) == 4


async def test_a_claim_is_no_order() -> None:
    with script(lambda _: Reply.text("I have ordered tea.")):
        evaluation = await evaluate(buyer, [Task("Order tea.", Stock, [tea_was_ordered])])
    assert [trial.passed for trial in evaluation.trials] == [False]
    with pytest.raises(AssertionError, match="tea_was_ordered"):
        evaluation.check()


async def test_pipelines_and_agents_for_each_task_are_evaluated_by_name() -> None:
    async def pipeline(question: str) -> str:
        return (await clerk.run(question)).output

    async def words(question: str, world: object) -> str:
        assert world is None
        return "4.0"

    agents: dict[str, Any] = {"a": clerk, "p": pipeline, "w": words, "t": PerTask(lambda task: clerk)}
    with script(asks_the_price):
        evaluation = await evaluate(agents, Suite("tea", [TEA]))
    assert {trial.agent: trial.passed for trial in evaluation.trials} == {"a": True, "p": True, "w": False, "t": True}
    of_pipeline = evaluation.of("p")[0]
    assert of_pipeline.cost_usd == evaluation.of("a")[0].cost_usd
    assert of_pipeline.calls == evaluation.of("a")[0].calls
    assert list(of_pipeline.sub_transcripts) == ["clerk#1"]
    assert evaluation.models == {"a": "claude-haiku-5-5", "p": "", "w": "", "t": ""}


async def test_the_order_of_tries_is_seeded_and_comes_in_rounds() -> None:
    cases = [Case(f"{number}?", output=4.0) for number in range(6)]

    async def order_of_tries(seed: int) -> list[tuple[str, int]]:
        seen: list[Progress] = []
        with script(asks_the_price):
            await evaluate(clerk, cases, tries=2, concurrency=1, seed=seed, progress=seen.append)
        assert [one.done for one in seen] == list(range(1, 13))
        assert {one.planned for one in seen} == {12}
        return [(one.trial.task, one.trial.number) for one in seen]

    first = await order_of_tries(0)
    assert first == await order_of_tries(0) != await order_of_tries(1)
    assert [number for _, number in first] == [1] * 6 + [2] * 6


async def test_a_budget_ends_the_evaluation_and_blames_no_agent() -> None:
    with script(asks_the_price):
        evaluation = await evaluate(clerk, [TEA], tries=9, concurrency=2, budget=Budget(max_requests=7))
    judged = [trial for trial in evaluation.trials if trial.is_judged]
    assert "budget" in evaluation.stopped
    assert 1 <= len(judged) < len(evaluation.trials) < 9
    assert all(trial.passed for trial in judged)
    assert all("budget" in trial.problem for trial in evaluation.problems)
    with pytest.raises(AssertionError, match="not complete"):
        evaluation.check(min_pass_rate=0.5)


async def test_the_time_of_a_budget_ends_the_evaluation() -> None:
    @tool
    async def wait() -> str:
        """Wait."""
        await anyio.sleep(30)
        return "done"

    agent = Agent("waiter", model="claude-haiku-5-5", tools=[wait])
    with script(lambda _: Reply.tool("wait")):
        evaluation = await evaluate(agent, [TEA], tries=4, concurrency=2, budget=Budget(max_seconds=0.3))
    assert evaluation.stopped == "the budget of the evaluation is used up"
    assert [trial.is_judged for trial in evaluation.trials] == [False, False]


async def test_refused_credentials_end_the_evaluation() -> None:
    with script(asks_the_price, faults=["status:401"]) as simulator:
        evaluation = await evaluate(clerk, [TEA], tries=4, concurrency=1)
    assert "refused the credentials" in evaluation.stopped
    assert len(simulator.requests) == len(evaluation.trials) == 1
    assert "infrastructure failed" in evaluation.trials[0].problem


async def test_a_cancelled_evaluation_leaves_every_world() -> None:
    left: list[int] = []

    @asynccontextmanager
    async def opened() -> AsyncGenerator[Stock]:
        try:
            yield Stock()
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.lowlevel.checkpoint()
            left.append(1)

    async def reply(_: object) -> Reply:
        scope.cancel()
        await anyio.sleep_forever()
        return Reply.text("never")

    with anyio.CancelScope() as scope, script(reply):
        await evaluate(buyer, [Task("Order tea.", opened, [tea_was_ordered])], tries=2, concurrency=1)
    assert scope.cancelled_caught
    assert left == [1]


async def test_what_cannot_be_evaluated_is_refused() -> None:
    refused: list[tuple[dict[str, Any], str]] = [({"tries": 0}, "tried once"), ({"concurrency": 0}, "concurrency=0")]
    for options, text in refused:
        with pytest.raises(UsageError, match=text):
            await evaluate(clerk, [TEA], **options)
