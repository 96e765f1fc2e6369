"""Agents that a suite has to fail: they say what they were given to say, or call tools by their schemas alone."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum

import pytest
from pydantic import BaseModel

from agentkit import Agent, tool
from agentkit.evals import Task
from agentkit.evals.scripted_agents import idle, known_values, random_caller
from agentkit.testing.expectations import tool_calls_of


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Part(BaseModel):
    name: str
    size: int
    colour: Colour
    parts: list[Part] = []


SEEN: list[Part] = []


@tool(effect="read")
async def weigh(part: Part) -> int:
    """Weigh a part."""
    SEEN.append(part)
    return 1


@tool(effect="read")
async def count(name: str) -> int:
    """Count parts of a name."""
    return 2


WORLD = {"stock": [{"name": "bolt", "size": 7}, {"name": "nut", "size": 8}], "city": "Oslo", "is_open": True}
TASK = Task("Weigh it.", graders=[lambda _: False])
worker = Agent("worker", model="claude-haiku-5-5", tools=[weigh, count])


@pytest.mark.anyio
async def test_an_idle_agent_calls_nothing_and_says_what_it_was_given_to_say() -> None:
    assert (await idle(worker).run("Weigh it.")).output == "It is done."
    claim = await idle(worker, "All parts are weighed.").run("Weigh it.")
    assert (claim.output, tool_calls_of(claim), claim.usage.input_tokens) == ("All parts are weighed.", [], 0)
    typed = Agent("typed", model="claude-haiku-5-5", output=Part)
    assert isinstance((await idle(typed, "A part.").run("Weigh it.")).output, Part)


@pytest.mark.anyio
async def test_random_calls_have_valid_arguments_from_the_world_and_a_seed_repeats_them() -> None:
    SEEN.clear()
    caller = random_caller(worker, lambda _: WORLD, seed=3).make(TASK)
    runs = {number: await caller.run("Weigh it.", run_id=f"run-{number}") for number in range(20)}
    calls = [call for run in runs.values() for call in tool_calls_of(run)]
    assert {call.name for call in calls} == {"weigh", "count"}
    assert Counter(call.is_error for call in calls).keys() == {False}
    assert {part.name for part in SEEN} == {"bolt", "nut"}
    assert {part.size for part in SEEN} == {7, 8}
    again = random_caller(worker, lambda _: WORLD, seed=3).make(TASK)
    assert tool_calls_of(await again.run("Weigh it.", run_id="run-5")) == tool_calls_of(runs[5])
    assert len({str(tool_calls_of(run)) for run in runs.values()}) > 15


def test_values_are_known_by_the_names_of_their_properties() -> None:
    assert known_values(WORLD) == {
        "": ["stock", "name", "bolt", "size", 7, "nut", 8, "city", "Oslo", "is_open"],
        "stock": ["name", "size"],
        "name": ["bolt", "nut"],
        "size": [7, 8],
        "city": ["Oslo"],
    }
