"""The tasks of the suite: the oracle does all of them, and nobody does one by doing nothing, claiming, or by chance."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import anyio
import pytest

from agentkit.errors import UsageError
from agentkit.evals import Grade, Task, Trial
from agentkit.evals.contenders import PerTask
from agentkit.evals.grader import grade_of
from agentkit.evals.office import suite
from agentkit.evals.office.grading import LeftAsSolved, apply, differences
from agentkit.evals.office.rows import Row
from agentkit.evals.office.tasks import LEVELS
from agentkit.evals.office.tools import TOOLS
from agentkit.evals.office.world import Office
from agentkit.evals.scripted_agents import idle, known_values
from agentkit.messages.message import JSON
from agentkit.testing.expectations import tool_calls_of

OFFICE = suite()
TASKS: Sequence[Task[Office]] = OFFICE.tasks
FREE = {"subject", "mode"}
"""Arguments whose change may lead to the same state."""


async def trial_of(task: Task[Office], agent: object, number: int = 1) -> Trial[Office]:
    """A graded try."""
    made: Any = agent.make(task) if isinstance(agent, PerTask) else agent
    world = world_of(task)
    result = await made.run(task.input, deps=world, run_id=f"{task.name}-{number}")
    assert result.ok, f"{task.name}: {result.outcome} {result.reason}"
    trial = Trial(
        task=task.name, input=task.input, agent="a", number=number, world=world, output=result.output,
        calls=tool_calls_of(result),
    )  # fmt: skip
    return trial.graded([await grade(task, trial)])


def world_of(task: Task[Office]) -> Office:
    setup: Any = task.setup
    world = setup()
    assert isinstance(world, Office)
    return world


async def grade(task: Task[Office], trial: Trial[Office]) -> Grade:
    (grader,) = task.graders
    return await grade_of(grader, trial)


def untouched(task: Task[Office], world: Office | None = None) -> Trial[Office]:
    """A try in which no call was made, or calls were made behind the loop's back."""
    return Trial(task=task.name, input=task.input, agent="a", number=1, world=world or world_of(task), output="Done.")


@pytest.mark.anyio
@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
async def test_the_oracle_does_it_and_doing_nothing_does_not(task: Task[Office]) -> None:
    trial = await trial_of(task, OFFICE.agents["oracle"])
    assert trial.passed, trial.grades[0].reason
    assert not (await grade(task, untouched(task))).passed


@pytest.mark.anyio
async def test_an_agent_that_only_claims_passes_nothing() -> None:
    assert OFFICE.agent is not None
    for task in TASKS[::8]:
        claim = " ".join(str(call.arguments) for call in task.solution)
        assert not (await trial_of(task, idle(OFFICE.agent, f"It is all done: {claim}"))).passed
        assert not (await trial_of(task, OFFICE.agents["idle"])).passed


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(1, 21))])
def test_random_calls_pass_less_than_one_in_twenty(seed: int) -> None:
    random = suite(seed)
    trials = [anyio.run(trial_of, task, random.agents["random"], seed) for task in random.tasks]
    assert sum(trial.passed for trial in trials) < len(trials) / 20
    assert any(call.is_error is False for trial in trials for call in trial.calls), "some calls succeed"


def test_there_are_forty_tasks_in_five_levels() -> None:
    assert Counter(task.category for task in TASKS) == {f"level {number}": 8 for number in range(1, 6)}
    assert [len(row.solution) for row in LEVELS[0]] == [1] * 8
    assert min(len(row.solution) for row in LEVELS[4]) >= 8
    assert all(row.failures for row in LEVELS[4])
    assert {len(areas(row)) for row in LEVELS[3]} == {3}
    assert {len(areas(row)) for row in LEVELS[4]} == {4}
    assert {call.tool for task in TASKS for call in task.solution} == TOOLS.keys() - {"list_files", "list_rooms"}


@pytest.mark.anyio
async def test_no_two_tasks_share_their_tools_or_the_difference_that_they_make() -> None:
    sequences = Counter(tuple(call.tool for call in task.solution) for task in TASKS)
    assert [tools for tools, count in sequences.items() if count > 1] == []
    made: list[str] = []
    for row in itertools.chain(*LEVELS):
        before, after = suite_world(row.name), suite_world(row.name)
        await apply(after, row.solution)
        made.append(repr(differences(before, before, after)))
    assert len(set(made)) == 40


def areas(row: Row) -> set[str]:
    """The areas that the calls of a solution are about; the address book is none."""
    modules = {TOOLS[call.tool].function.__module__ for call in row.solution if call.tool != "find_people"}
    return {module.rpartition(".")[2] for module in modules}


def suite_world(name: str) -> Office:
    return world_of(next(task for task in TASKS if task.name == name))


@pytest.mark.parametrize("step", [5, pytest.param(1, marks=pytest.mark.soak)])
def test_no_solution_works_without_a_call_that_changes_something_or_with_another_argument(step: int) -> None:
    anyio.run(check_perturbed_oracles, step)


@pytest.mark.anyio
async def test_a_solution_that_does_not_work_as_it_says_is_no_failure_of_the_agent() -> None:
    task = next(task for task in TASKS if task.name == "later-vendor-call")
    listing, moving = task.solution
    for wrong in (
        replace(moving, arguments={**moving.arguments, "event_id": "e999"}),
        replace(moving, is_refused=True),
    ):
        grader = LeftAsSolved(partial(world_of, task), (listing, wrong))
        with pytest.raises(UsageError, match=r"'later-vendor-call'\): calls \[2?\] of its solution fail"):
            await grader(untouched(task))


async def check_perturbed_oracles(step: int) -> None:
    """The oracle is perturbed in every way that matters: without the loop for all tasks, in the loop for some."""
    checked = 0
    for number, task in enumerate(TASKS):
        known = known_values(world_of(task))
        for place, call in enumerate(task.solution):
            if TOOLS[call.tool].effect == "read" or call.is_refused:
                continue
            others = [replace(call, arguments=one) for one in changed(call.arguments, known)]
            for wrong in ((), *((one,) for one in others)):
                checked += 1
                if wrong and (checked + number) % step:
                    continue
                solution = (*task.solution[:place], *wrong, *task.solution[place + 1 :])
                after = world_of(task)
                await apply(after, solution)
                assert not (await grade(task, untouched(task, after))).passed, (task.name, place, wrong)
                if solution and (checked + number) % 40 == 0:
                    trial = await trial_of(replace(task, solution=solution), OFFICE.agents["oracle"])
                    assert not trial.passed
    assert checked > 400


def changed(arguments: Mapping[str, JSON], known: Mapping[str, Sequence[JSON]]) -> Iterator[dict[str, JSON]]:
    """The arguments with one value exchanged for another of its kind, once for each value."""
    for name, value in arguments.items():
        for other in changed_value(name, value, known):
            yield {**arguments, name: other}


def changed_value(name: str, value: JSON, known: Mapping[str, Sequence[JSON]]) -> Iterator[JSON]:
    if name in FREE:
        return
    if isinstance(value, dict):
        yield from changed(value, known)
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from ([*value[:place], other, *value[place + 1 :]] for other in changed_value(name, inner, known))
            yield value[:place] + value[place + 1 :]
    elif name == "text":
        yield "It is done."
    elif isinstance(value, str):
        yield next((one for one in known.get(name, ()) if isinstance(one, str) and one != value), f"{value} 2")
    elif value is not None:
        yield value + 1
