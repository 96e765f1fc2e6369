"""The oracle makes the calls of a solution through the real loop, in the sub-agents that have their tools."""

from __future__ import annotations

from functools import partial

import anyio
import pytest
from pydantic import BaseModel

from agentkit import Agent, RunContext, ToolError, tool
from agentkit.errors import DefinitionError
from agentkit.evals import SolutionCall, Task
from agentkit.evals.oracle import make_oracle
from agentkit.testing.expectations import tool_calls_of


class Shelf(BaseModel):
    items: list[str] = []
    failures: int = 1
    """The number of calls of `put` that fail first."""


class Note(BaseModel):
    item: str
    count: int = 1


class Report(BaseModel):
    """A typed output, which the oracle has to invent."""

    text: str
    done: bool


@tool(effect="write")
async def put(ctx: RunContext[Shelf], note: Note) -> str:
    """Put an item on the shelf."""
    if ctx.deps.failures:
        ctx.deps.failures -= 1
        raise ToolError("The shelf is locked.")
    ctx.deps.items += [note.item] * note.count
    return "done"


@tool(effect="read")
async def look(ctx: RunContext[Shelf]) -> list[str]:
    """Look at the shelf."""
    return ctx.deps.items


def is_filled(trial: object) -> bool:
    return True


worker = Agent("worker", model="claude-haiku-5-5", deps=Shelf, tools=[put, look], output=Report)
lead = Agent("lead", model="claude-opus-5-5", deps=Shelf, tools=[worker.as_tool(), look])


def put_call(item: str, *, is_retried: bool = False) -> SolutionCall:
    return SolutionCall("put", {"note": {"item": item, "count": 2}}, is_retried)


def task_of(*solution: SolutionCall) -> Task[Shelf]:
    return Task("Fill the shelf.", setup=Shelf, graders=[is_filled], solution=solution)


@pytest.mark.anyio
async def test_a_call_that_fails_is_made_again_only_where_the_solution_says_so() -> None:
    for is_retried, left in ((True, ["tea", "tea", "milk", "milk"]), (False, ["milk", "milk"])):
        task, shelf = task_of(put_call("tea", is_retried=is_retried), put_call("milk")), Shelf()
        result = await make_oracle(worker).make(task).run(str(task.input), deps=shelf)
        assert (result.ok, shelf.items, result.cost.usd) == (True, left, 0)
        assert next(call.is_error for call in tool_calls_of(result)) is True


@pytest.mark.anyio
async def test_one_agent_replays_many_tries_at_once_without_mixing_them() -> None:
    task = task_of(put_call("tea", is_retried=True), put_call("milk"), SolutionCall("look", {}))
    agent = make_oracle(worker).make(task)
    shelves = [Shelf(failures=number % 2) for number in range(10)]
    async with anyio.create_task_group() as group:
        for shelf in shelves:
            group.start_soon(partial(agent.run, str(task.input), deps=shelf))
    assert all(shelf.items == ["tea", "tea", "milk", "milk"] for shelf in shelves)


@pytest.mark.anyio
async def test_calls_behind_that_of_a_sub_agent_are_made_by_it() -> None:
    brief = SolutionCall("worker", {"objective": "Put it there."})
    task = task_of(brief, put_call("tea", is_retried=True), brief, put_call("milk"), SolutionCall("look", {}))
    shelf = Shelf()
    result = await make_oracle(lead).make(task).run(str(task.input), deps=shelf)
    assert shelf.items == ["tea", "tea", "milk", "milk"]
    made = [(len(call.path), call.name) for call in tool_calls_of(result)]
    assert made == [(1, "worker"), (2, "put"), (2, "put"), (1, "worker"), (2, "put"), (2, "look")]


@pytest.mark.parametrize(
    ("solution", "text"),
    [([], "it has none"), ([put_call("tea"), SolutionCall("paint", {})], "call 2 of its solution is of 'paint'")],
)
def test_a_task_that_cannot_be_replayed_says_why(solution: list[SolutionCall], text: str) -> None:
    with pytest.raises(DefinitionError, match=text):
        make_oracle(worker).make(task_of(*solution))
