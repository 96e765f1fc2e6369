"""Known calls made by a lead's clerks leave what they leave when applied directly, whatever fails before its effect."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter

import pytest

from benchmarks.retail.__main__ import OUR_DATABASE, OUR_TASKS
from benchmarks.retail.call_faults import CallFault, draw_faults
from benchmarks.retail.known_calls import Task, read_database, read_tasks
from benchmarks.retail.play import SUB_AGENTS, apply_directly, differences, run_by_agents
from examples.retail import tools
from examples.retail.agents import lead

DATABASE = read_database(OUR_DATABASE)
TASKS = read_tasks(OUR_TASKS, DATABASE)


async def played(task: Task, troubles: dict[int, CallFault]) -> tuple[list[str], Counter[str]]:
    delegated, met = await run_by_agents(task, read_database(OUR_DATABASE), troubles)
    return differences(apply_directly(task, read_database(OUR_DATABASE)), delegated), met


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
@pytest.mark.anyio
async def test_both_ways_leave_the_same_database_and_are_refused_the_same(task: Task) -> None:
    assert await played(task, {}) == ([], {})


@pytest.mark.parametrize("trouble", CallFault)
@pytest.mark.anyio
async def test_calls_that_all_fail_once_before_their_effect_change_nothing_else(trouble: CallFault) -> None:
    for task in TASKS:
        reached = [place for place, call in enumerate(task.calls) if call.tool is not tools.add_up]
        found, met = await played(task, dict.fromkeys(reached, trouble))
        assert (found, met.total()) == ([], len(reached))


@pytest.mark.anyio
async def test_what_may_run_again_is_tried_again_unseen_and_what_writes_is_repeated_by_the_model() -> None:
    task = TASKS[3]
    _, met = await played(task, dict.fromkeys(range(len(task.calls)), CallFault.NO_DATABASE))
    writes = sum(call.tool.effect == "write" for call in task.calls)
    assert met == {
        f"failed because {CallFault.NO_DATABASE}, made again by the model": writes,
        f"failed because {CallFault.NO_DATABASE}, made again by `retries=`": len(task.calls) - writes,
    }


def test_the_command_plays_our_tasks_and_sums_up() -> None:
    command = [sys.executable, "-m", "benchmarks.retail", "--faults", "7"]
    root = OUR_DATABASE.parent.parent.parent
    process = subprocess.run(command, capture_output=True, text=True, timeout=50, check=False, cwd=root)
    assert (process.returncode, process.stderr) == (0, "")
    assert process.stdout.endswith("7 of 7 tasks leave the same database and are refused the same in both ways.\n"), (
        process.stdout
    )


def test_every_call_of_the_data_set_has_its_tool_and_every_tool_of_the_shop_is_called() -> None:
    offered = {
        name for agent in (lead, *SUB_AGENTS) for name, tool in agent.agent_tools.tools.items() if not tool.is_agent
    }
    called = {call.tool.name for task in TASKS for call in task.calls}
    assert offered - called == {"list_products"}


def test_a_seed_draws_the_same_tenth_every_time() -> None:
    calls = [call for task in TASKS for call in task.calls] * 30
    drawn = draw_faults(calls, "7")
    assert drawn == draw_faults(calls, "7") != draw_faults(calls, "8")
    assert 0.07 < len(drawn) / len(calls) < 0.13
    assert set(drawn.values()) == set(CallFault)


def test_a_difference_is_seen() -> None:
    task = TASKS[0]
    one, other = (apply_directly(task, read_database(OUR_DATABASE)) for _ in range(2))
    other.database.orders["#W1000001"].items.pop()
    other.refused[1] = "no"
    said = differences(one, other)
    assert said[0] == "the database differs in orders"
    assert said[1].startswith("refused directly: ")
