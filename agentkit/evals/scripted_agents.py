"""Agents that a suite has to fail: one that does nothing, one that only claims, one that calls tools at random."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic_core import from_json

from agentkit.evals.contenders import PerTask
from agentkit.evals.schema_values import ValueDrawer, drawn_output
from agentkit.evals.scripted_model import played_by
from agentkit.schema.json_schema.subschemas import is_list, is_object
from agentkit.simulator.replies.reply import Reply
from agentkit.tools.reserved_names import ANSWER_TOOL
from agentkit.tools.serialization import json_text

if TYPE_CHECKING:
    from agentkit.evals.task import AnyAgent, AnyTask
    from agentkit.messages.message import JSON
    from agentkit.messages.request import Request

_MOST_CALLS = 8


def idle(agent: AnyAgent, says: str = "") -> AnyAgent:
    """Return an agent that calls no tool, whatever it is asked.

    Args:
        agent: The agent that it takes the place of.
        says: Its answer, for one that only claims. Empty, or where the output is no text: some output of the type.
    """
    return played_by(agent, _Claim(says))


def random_caller(agent: AnyAgent, values: Callable[[AnyTask], object] | None = None, seed: int = 0) -> PerTask:
    """Return an agent for each task that calls up to eight tools at random, with arguments drawn by their schemas.

    Args:
        agent: The agent with the tools.
        values: Returns a world, or anything else with a JSON form, whose values the arguments are drawn from. None:
            nothing is known.
        seed: The same seed, task and run id make the same calls.
    """
    return PerTask(lambda task: played_by(agent, _Calls(f"{seed}:{task.name}", known_values(values and values(task)))))


@dataclass(frozen=True, slots=True)
class _Claim:
    says: str

    def __call__(self, request: Request) -> Reply:
        output = drawn_output(request)
        return Reply.text(self.says) if self.says and not output.has_output else output


@dataclass(frozen=True, slots=True)
class _Calls:
    seed: str
    known: Mapping[str, Sequence[JSON]]

    def __call__(self, request: Request) -> Reply:
        turn = sum(message.role == "assistant" for message in request.messages)
        run = f"{self.seed}:{request.sender}"
        count = random.Random(run).randint(1, _MOST_CALLS)  # noqa: S311 - a seed makes the same calls again
        tools = [tool for tool in request.prefix.tools if "input_schema" in tool and tool["name"] != ANSWER_TOOL]
        if turn >= count or not tools:
            return drawn_output(request)
        draw = random.Random(f"{run}:{turn}")  # noqa: S311
        tool = draw.choice(tools)
        arguments = ValueDrawer(tool["input_schema"], draw, self.known).draw()
        return Reply.tool(tool["name"], **arguments) if isinstance(arguments, dict) else drawn_output(request)


def known_values(world: object) -> dict[str, list[JSON]]:
    """Return the texts and numbers of a value's JSON form by the names of their properties, and all under "".

    The keys of an object count as values of the object's own name.

    Args:
        world: A world, or anything with a JSON form.
    """
    found: dict[str, dict[JSON, None]] = {"": {}}
    for name, value in _leaves(from_json(json_text(world)), ""):
        found.setdefault(name, {})[value] = None
        found[""][value] = None
    return {name: list(values) for name, values in found.items()}


def _leaves(value: JSON, name: str) -> Iterator[tuple[str, str | int | float]]:
    if is_object(value):
        for key, inner in value.items():
            yield name, key
            yield from _leaves(inner, key)
    elif is_list(value):
        for inner in value:
            yield from _leaves(inner, name)
    elif isinstance(value, str | int | float) and not isinstance(value, bool):
        yield name, value
