"""Runs that meet a limit: a budget of each kind, for the whole or for a delegation, a time limit, a number of turns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import anyio

from agentkit import Agent, Budget, tool
from agentkit.simulator import Reply
from tests.resumption.own_run import PLAIN, OwnRun, lead, look, note, pay, reader, unless, wait, who


@tool(effect="read")
async def nap(number: int) -> str:
    """Sleep for a moment."""
    note(f"nap {number}")
    await anyio.sleep(0.03)
    return f"slept {number}"


_MANY = lead(*(Reply.tool("look", word=f"w{n}") + Reply.tool("pay", amount=n) for n in range(1, 9)))
_NAPS = lead(*(Reply.tool("nap", number=n) + Reply.tool("pay", amount=n) for n in range(1, 30)))
_WAITS = lead(Reply.tool("look", word="tea") + Reply.tool("pay", amount=1), Reply.tool("wait", word="milk"))
_TREE = lead(
    Reply.tool("reader", objective="tea") + Reply.tool("pay", amount=1) + Reply.tool("reader", objective="milk"),
    Reply.tool("look", word="coffee"),
)
_ONE = lead(Reply.tool("reader", objective="tea") + Reply.tool("pay", amount=1))
_READER_WAITS = unless(lambda request: who(request) == "reader", Reply.tool("wait", word="tea"), _ONE)
_plain: Agent[Any, Any, Any] = Agent("lead", tools=[look, pay, wait, nap], **PLAIN)


def _lead_of(*tools: Any, **options: Any) -> Agent[Any, Any, Any]:
    return Agent("lead", tools=tools, **PLAIN, **options)


LIMITED_RUNS: Mapping[str, OwnRun] = {
    "cost": OwnRun(_plain, _MANY, Budget(max_cost_usd=0.7)),
    "cost of a tree": OwnRun(_lead_of(reader.as_tool(), look, pay), _TREE, Budget(max_cost_usd=1.2)),
    "input tokens": OwnRun(_plain, _MANY, Budget(max_input_tokens=9_000)),
    "output tokens": OwnRun(_plain, _MANY, Budget(max_output_tokens=20_000)),
    "requests": OwnRun(_plain, _MANY, Budget(max_requests=4)),
    "requests of a sub-agent": OwnRun(_lead_of(reader.as_tool(budget=Budget(max_requests=1)), pay), _ONE),
    "seconds: the last turn": OwnRun(_plain, _NAPS, Budget(max_seconds=0.25), is_same=False),
    "seconds: a tool is stopped": OwnRun(_plain, _WAITS, Budget(max_seconds=0.25), is_same=False),
    "seconds of a sub-agent": OwnRun(_lead_of(reader.as_tool(timeout_s=0.15), pay), _READER_WAITS, is_same=False),
    "turns": OwnRun(_lead_of(look, pay, max_turns=3), _MANY),
    "calls of a sub-agent": OwnRun(_lead_of(reader.as_tool(max_calls=1), look, pay), _TREE),
}
