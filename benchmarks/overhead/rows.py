"""The rows that run in every checkout of agentkit, made of its public names alone: CPU time and Python calls per turn.

    python -m benchmarks.overhead.rows BASE_URL

Prints the folder of the agentkit that it imports, then reads orders from standard input, one a line, and answers each
with a line: `{"row": "as it is", "conversations": 3}` with the CPU time per turn in microseconds, and without
`conversations` with the Python calls per turn.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import anthropic
import anyio

import agentkit
from agentkit import Agent, Budget, Settings, stop_over_budget, tool
from benchmarks.speed.measuring import INSTRUCTIONS, MODEL, PROMPT, look
from benchmarks.speed.server import ReplyPlan

PLAN = ReplyPlan(turns=20, calls=2, pieces=10)
AGENT = Agent(
    "looker",
    model=MODEL,
    instructions=INSTRUCTIONS,
    tools=[tool(effect="read")(look)],
    settings=Settings(max_tokens=4_000),
)


async def let_pass(_: object) -> Any:
    """Pass everything at once, as a guardrail."""
    return agentkit.Pass()


GUARDED = replace(AGENT, guardrails=[agentkit.Guardrail(let_pass)]) if hasattr(agentkit, "Guardrail") else AGENT
"""With a guardrail that passes at once; in a checkout from before there were any, the agent without."""
AMPLE = Budget(max_cost_usd=100, max_input_tokens=10**9, max_output_tokens=10**9, max_requests=10**6)
PACKAGE = Path(str(agentkit.__file__)).parent

Converse: TypeAlias = Callable[[anthropic.AsyncAnthropic], Awaitable[object]]
"""Holds one conversation, of as many turns as the server has."""


async def run(client: anthropic.AsyncAnthropic) -> None:
    """Await the result."""
    assert (await AGENT.run(PROMPT, client=client)).ok


async def stream(client: anthropic.AsyncAnthropic) -> None:
    """Iterate over the events of the run, deltas among them."""
    async with AGENT.stream(PROMPT, client=client) as streamed:
        async for _ in streamed:
            pass
    assert streamed.result.ok


def within_budgets(count: int) -> Converse:
    """Return a conversation inside so many budgets, each with every kind of limit but time."""

    async def run_within(client: anthropic.AsyncAnthropic) -> None:
        with ExitStack() as stack:
            for _ in range(count):
                stack.enter_context(stop_over_budget(AMPLE))
            await run(client)

    return run_within


async def run_guarded(client: anthropic.AsyncAnthropic) -> None:
    """Await the result of the guarded agent."""
    assert (await GUARDED.run(PROMPT, client=client)).ok


AS_IS = "as it is"
ROWS: Mapping[str, Converse] = {
    AS_IS: run,
    "as it is, streamed": stream,
    "as it is, one budget": within_budgets(1),
    "as it is, three budgets": within_budgets(3),
    "as it is, guarded": run_guarded,
}


async def cpu_us_a_turn(converse: Converse, client: anthropic.AsyncAnthropic, turns: int, conversations: int) -> float:
    """Return the CPU time of this process per turn, in microseconds."""
    gc.collect()
    before = time.process_time()
    for _ in range(conversations):
        await converse(client)
    return (time.process_time() - before) / (conversations * turns) * 1e6


async def calls_a_turn(converse: Converse, client: anthropic.AsyncAnthropic, turns: int) -> dict[str, float]:
    """Return the Python calls per turn: those of agentkit's own functions, and of all.

    A coroutine or generator counts each time that it goes on. The second conversation is counted, with the caches full.
    """
    counts: Counter[CodeType] = Counter()

    def count(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            counts[frame.f_code] += 1

    await converse(client)
    gc.collect()
    gc.disable()  # what is collected meanwhile would count
    sys.setprofile(count)
    try:
        await converse(client)
    finally:
        sys.setprofile(None)
        gc.enable()
    own = sum(number for code, number in counts.items() if Path(code.co_filename).is_relative_to(PACKAGE))
    return {"own": own / turns, "all": counts.total() / turns}


async def serve_orders(base_url: str) -> None:
    """Answer the orders until standard input ends."""
    turns = ReplyPlan.from_path(urlsplit(base_url).path.encode()).turns
    async with anthropic.AsyncAnthropic(api_key="any", base_url=base_url) as client:
        print(PACKAGE.resolve(), flush=True)
        for line in sys.stdin:  # blocks the event loop, in which nothing else runs
            order = json.loads(line)
            converse, conversations = ROWS[order["row"]], order.get("conversations")
            if conversations is None:
                print(json.dumps(await calls_a_turn(converse, client, turns)), flush=True)
            else:
                print(json.dumps(await cpu_us_a_turn(converse, client, turns, conversations)), flush=True)


if __name__ == "__main__":
    anyio.run(serve_orders, sys.argv[1])
