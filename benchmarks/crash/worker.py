"""The process that executes a run: it has imported everything when it gets its order, and remembers nothing."""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import anyio

from agentkit import Agent, Budget, ClaudeModel, Journal, RunResult
from benchmarks.crash.agents import Deps, make_lead
from benchmarks.crash.bare_model import BareModel
from benchmarks.crash.effects import Effects
from benchmarks.crash.points import PointedJournal, Points

if TYPE_CHECKING:
    from agentkit import RunOptions
    from agentkit.messages.message import JSONObject

IS_BARE = sys.argv[1:] == ["bare"]

PROMPT = "Buy tea, milk and honey."


@asynccontextmanager
async def open_lead(url: str) -> AsyncGenerator[Agent[Deps, str, str]]:
    """Yield the agent of the run, with a client of the SDK; without one if the first argument is `bare`."""
    if IS_BARE:
        yield make_lead(lambda name: BareModel(name, url))
        return
    from anthropic import AsyncAnthropic  # late: it is what takes long

    async with AsyncAnthropic(api_key="key", base_url=url, max_retries=0) as client:
        yield make_lead(lambda name: ClaudeModel(name, client))


async def execute(order: JSONObject) -> RunResult[str]:
    """Execute the run of an order, or what is left of it."""
    run_id, way = order["run_id"], order["way"]
    points = Points(order["point"], order["left"])
    whole = Journal(order["journal"])
    journal = PointedJournal(whole, points) if points.name else whole
    deps = Deps(run_id, order["launch"], Effects(Path(order["effects"])), points)
    budget = Budget(**order["budget"])
    async with open_lead(order["url"]) as lead:
        if way == "resume":
            return await lead.resume(run_id, journal=journal, deps=deps, budget=budget)
        options: RunOptions[Deps] = {"journal": journal, "deps": deps, "budget": budget}
        options["run_id"] = run_id
        if way == "run":
            return await lead.run(PROMPT, **options)
        async with lead.stream(PROMPT, **options) as run:
            async for _ in run:
                pass
        return run.result


def main() -> None:
    """Do what the one line on standard input says."""
    if not IS_BARE:
        import_module("anthropic")
    line = sys.stdin.readline()
    if not line:
        return
    order: JSONObject = json.loads(line)
    result = anyio.run(execute, order, backend=order["backend"])
    said = {
        "outcome": str(result.outcome),
        "reason": result.reason,
        "answer": "" if result.answer is None else result.answer.value,
        "cost_usd": result.cost.usd,
        "requests": result.usage.requests + result.usage.aborted_requests,
        "children": [str(child.outcome) for child in result.children],
    }
    print(f"result {json.dumps(said)}", flush=True)


if __name__ == "__main__":
    main()
