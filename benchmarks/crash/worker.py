"""The process that executes a run: it has imported everything when it gets its order, and remembers nothing."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
from anthropic import AsyncAnthropic

from agentkit import Budget, Journal, RunResult
from benchmarks.crash.agents import Deps, lead
from benchmarks.crash.effects import Effects
from benchmarks.crash.points import PointedJournal, Points

if TYPE_CHECKING:
    from agentkit import RunOptions
    from agentkit.messages.message import JSONObject

PROMPT = "Buy tea, milk and honey."


async def execute(order: JSONObject) -> RunResult[str]:
    """Execute the run of an order, or what is left of it."""
    run_id, way = order["run_id"], order["way"]
    points = Points(order["point"], order["left"])
    whole = Journal(order["journal"])
    journal = PointedJournal(whole, points) if points.name else whole
    deps = Deps(run_id, order["launch"], Effects(Path(order["effects"])), points)
    budget = Budget(**order["budget"])
    async with AsyncAnthropic(api_key="key", base_url=order["url"], max_retries=0) as client:
        if way == "resume":
            return await lead.resume(run_id, journal=journal, deps=deps, budget=budget, client=client)
        options: RunOptions[Deps] = {"journal": journal, "deps": deps, "budget": budget, "client": client}
        options["run_id"] = run_id
        if way == "run":
            return await lead.run(PROMPT, **options)
        async with lead.stream(PROMPT, **options) as run:
            async for _ in run:
                pass
        return run.result


def main() -> None:
    """Do what the one line on standard input says."""
    print("ready", flush=True)
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
