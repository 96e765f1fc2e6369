"""The checks of a run as steps: each call of one has a place, and costs, of its own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agentkit import Agent, Block, CallTool, Guardrail, Pass, Seen, ToolRun, Verdict
from agentkit.messages.message import Content
from agentkit.testing import Reply, script
from tests.loop.guardrails.phones import DONE, HAIKU, Phone, ring

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("is_durable", [True, False])
async def test_what_each_check_of_one_call_costs_is_counted_once(is_durable: bool, tmp_path: Path) -> None:
    """Middleware makes the call twice, with the same arguments or others."""
    judge = Agent("judge", model=HAIKU)

    async def judged(seen: Seen) -> Verdict:
        return Pass() if (await judge.run(seen.text)).ok else Block("It was not judged.")

    async def again(call: ToolRun, next: CallTool) -> Content:
        await next(call)
        await next(replace(call, call=replace(call.call, input={"number": "2"})))
        return await next(call)

    def reply(request: Any) -> Reply:
        return DONE if "tool_result" in str(request["messages"]) or not request.get("tools") else Reply.tool("ring")

    rule = Guardrail(judged, on=("tool_call", "tool_result"))
    agent = Agent("caller", model=HAIKU, deps=Phone, tools=[ring], guardrails=[rule], around_tool=[again])
    phone = Phone()
    options: Any = {"deps": phone, **({"journal": str(tmp_path / "runs.db")} if is_durable else {})}
    with script(reply):
        results = [await agent.run("Go", run_id="r", **options)]
        results += [await agent.resume("r", **options)] if is_durable else []
    for result in results:
        costs = [record.cost.usd or 0.0 for record in result.verdicts]
        assert costs == [child.cost.usd for child in result.children]
        assert (len(costs), min(costs) > 0, phone.rang) == (4, True, ["1", "2", "1"])
