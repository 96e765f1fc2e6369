"""The tasks as a suite: graded by the database alone, whatever the agents say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agentkit.evals import evaluate
from agentkit.evals.grader import grade_of
from agentkit.evals.oracle import replaying
from agentkit.evals.trial import Trial
from benchmarks.retail.__main__ import OUR_DATABASE, OUR_TASKS, evaluate_suite
from benchmarks.retail.known_calls import read_database, read_tasks
from benchmarks.retail.suite import changes_of_task, needs_last_write, open_shop, retail_suite, solution
from examples.retail.agents import lead

SUITE = retail_suite(OUR_DATABASE, OUR_TASKS)
TASKS = read_tasks(OUR_TASKS, read_database(OUR_DATABASE))


@pytest.mark.anyio
async def test_the_verdicts_are_as_they_should_be(capsys: pytest.CaptureFixture[str]) -> None:
    assert await evaluate_suite(OUR_DATABASE, OUR_TASKS)
    assert "14 of 14 verdicts are as they should be" in capsys.readouterr().out
    assert 4 <= sum(needs_last_write(task, OUR_DATABASE) for task in TASKS) < len(TASKS)


@pytest.mark.anyio
async def test_doing_nothing_passes_only_where_nothing_changes() -> None:
    evaluation = await evaluate({"idle": SUITE.agents["idle"]}, SUITE)
    passed = {trial.task for trial in evaluation.trials if trial.passed}
    unchanged = [task for task in TASKS if not any(changes_of_task(task, OUR_DATABASE).values())]
    assert passed == {task.name for task in unchanged} != set()


@pytest.mark.anyio
async def test_the_oracle_without_any_one_call_passes_only_if_the_database_is_the_same() -> None:
    verdicts: set[bool] = set()
    for number, (task, evaluated) in enumerate(zip(TASKS, SUITE.tasks, strict=True)):
        for place in range(number % 4, len(task.calls), 4):
            less = replace(task, calls=[*task.calls[:place], *task.calls[place + 1 :]])
            shop = open_shop(OUR_DATABASE, task.customer_id)
            await replaying(lead, replace(evaluated, solution=solution(less))).run(task.prompt, deps=shop)
            (grader,) = evaluated.graders
            trial = Trial(task=task.name, input=task.prompt, agent="less", number=1, world=shop, output="All is done.")
            is_same = changes_of_task(less, OUR_DATABASE) == changes_of_task(task, OUR_DATABASE)
            assert (await grade_of(grader, trial)).passed is is_same, (task.name, place)
            verdicts.add(is_same)
    assert verdicts == {True, False}
