"""Guarded runs: cautions at every place, blocks, and a verdict that comes while the model replies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import anyio

from agentkit import Agent, Block, Caution, Guardrail, Pass, Seen, Verdict
from agentkit.simulator import Reply
from tests.resumption.own_run import PLAIN, OwnRun, lead, look, note, pay, reader, turn_of, unless, who


async def _careful(seen: Seen) -> Verdict:
    note(f"check {seen.on} {seen.tool}")
    return Caution(f"Be careful with this {seen.on}.")


async def _no_second_payment(seen: Seen) -> Verdict:
    return Block("It pays twice.", "I pay once.") if seen.content == {"amount": 2} else Pass()


async def _later(seen: Seen) -> Verdict:
    await anyio.sleep(0.01)
    return Caution("Be careful.")


def _agent(*guardrails: Guardrail, tools: Any = (look, pay)) -> Agent[Any, Any, Any]:
    return Agent("lead", tools=tools, guardrails=guardrails, **PLAIN)


async def _in_silence(seen: Seen) -> Verdict:
    return Block("It says too much.", "I say nothing.", keep=True)


async def _judged(seen: Seen) -> Verdict:
    return Pass() if (await _judge.run(seen.text)).ok else Block("It was not judged.")


_judge = Agent("judge", model="claude-haiku-5-5", instructions="You judge.")
_CALLS = Reply.tool("look", word="tea") + Reply.tool("pay", amount=1)
_EVERYWHERE = Guardrail(_careful, on=("input", "tool_call", "tool_result", "output"), mode="before")
_pays_below = unless(
    lambda request: who(request) == "reader" and turn_of(request) == 1,
    Reply.tool("pay", amount=2),
    lead(Reply.tool("reader", objective="tea")),
)

GUARDED_RUNS: Mapping[str, OwnRun] = {
    "cautions at every place": OwnRun(_agent(_EVERYWHERE), lead(_CALLS)),
    "cautions in a tree": OwnRun(
        _agent(_EVERYWHERE, tools=[reader.as_tool(), pay]), lead(Reply.tool("reader", objective="tea"), _CALLS)
    ),
    "a block of a call": OwnRun(
        _agent(Guardrail(_no_second_payment, on="tool_call")), lead(_CALLS, Reply.tool("pay", amount=2))
    ),
    "a block of a call below": OwnRun(
        _agent(Guardrail(_no_second_payment, on="tool_call"), tools=[reader.as_tool()]), _pays_below
    ),
    "a block of the text of the final turn": OwnRun(
        replace(_agent(Guardrail(_in_silence, on="output")), max_turns=2),
        unless(lambda request: True, Reply.text("Tea.") + _CALLS, lead()),
    ),
    "checks that run an agent": OwnRun(
        _agent(Guardrail(_judged, on=("tool_call", "tool_result", "output"))),
        unless(
            lambda request: "You judge" in str(request["system"]),
            Reply.text("Fine."),
            lead(Reply.tool("look", word="tea")),
        ),
    ),
    "a caution beside the call": OwnRun(
        _agent(Guardrail(_later)), lead(_CALLS, Reply.tool("pay", amount=2)), is_same=False
    ),
}
