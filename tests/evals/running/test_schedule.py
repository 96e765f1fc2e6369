"""Tries come in rounds; a stopping rule looks at every full batch of judged tries, and at no other time."""

import random

import anyio
import pytest

from agentkit.evals import Grade, Task, called
from agentkit.evals.running.schedule import Schedule, Try, batch_size
from agentkit.evals.statistics import StoppingRule
from tests.evals.trials import trial

pytestmark = pytest.mark.anyio

TASKS = [Task(name, graders=[called("x")]) for name in "ab"]


def end(schedule: Schedule, one: Try, passed: bool, problem: str = "") -> None:
    schedule.note(trial(agent=one.agent, task=one.task.name, number=one.number).graded([Grade(passed)], problem))


def test_a_batch_uses_the_concurrency() -> None:
    assert [batch_size(8, pairs) for pairs in (1, 3, 8, 100)] == [8, 2, 1, 1]
    assert batch_size(64, 1) == 10


async def test_a_rule_ends_each_task_for_itself() -> None:
    rule = StoppingRule(0.5, batch=2)
    schedule = Schedule(["x"], TASKS, rule.most_tries(), 0, rule)
    counts = {"a": 0, "b": 0}
    with anyio.fail_after(5):
        while (one := await schedule.take()) is not None:
            counts[one.task.name] += 1
            end(schedule, one, passed=one.task.name == "a" or one.number % 2 == 0)
    assert rule.is_done(counts["a"], counts["a"])
    assert not rule.is_done(counts["a"] - 2, counts["a"] - 2)
    assert counts["a"] < counts["b"] <= rule.most_tries()
    assert schedule.most_tries == sum(counts.values())


async def test_problems_shift_no_look_of_the_rule() -> None:
    rule = StoppingRule(0.4, batch=3)
    schedule = Schedule(["x"], TASKS, 200, 0, rule)
    luck, passes = random.Random(1), {"a": list[bool](), "b": list[bool]()}
    while (one := await schedule.take()) is not None:
        has_problem, passed = luck.random() < 0.3, luck.random() < 0.8
        passes[one.task.name] += [] if has_problem else [passed]
        end(schedule, one, passed, "down" if has_problem else "")
    for of_task in passes.values():
        assert rule.estimate(sum(of_task), len(of_task)) > 0.5  # raises for tries beyond the end
        assert rule.is_done(sum(of_task), len(of_task))


async def test_who_waits_for_a_try_is_woken_at_the_end() -> None:
    schedule = Schedule(["x"], TASKS[:1], 9, 0, StoppingRule(0.3))
    one = await schedule.take()
    assert one is not None
    taken: list[Try | None] = []

    async def take() -> None:
        taken.append(await schedule.take())

    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(take)
            await anyio.lowlevel.checkpoint()
            end(schedule, one, passed=True)
            await anyio.lowlevel.checkpoint()
            await anyio.lowlevel.checkpoint()
            assert taken[0] is not None
            assert taken[0].number == 2
            tasks.start_soon(take)
            await anyio.lowlevel.checkpoint()
            schedule.skip(taken[0])
    assert taken[1:] == [None]
