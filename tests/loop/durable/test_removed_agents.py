"""Sub-agents that the agent of a resumed run has no more: what they have cost is counted, and the run replays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agentkit import Agent, Guardrail, Journal, Pass, Seen, Verdict, background, tool
from agentkit.messages.message import JSONObject
from agentkit.testing import Reply, script

pytestmark = pytest.mark.anyio


async def test_a_sub_agent_that_was_removed_is_counted_in_the_cost(tmp_path: Path) -> None:
    """Ended or in the middle, below the root or below another sub-agent, called or started in the background."""

    def replies(request: JSONObject) -> Reply:
        names, turn = {param["name"] for param in request.get("tools", ())}, len(request["messages"])
        if turn > 1 or not names:
            return Reply.text("Done.")
        if "start_agent" in names:
            return Reply.tool("start_agent", agent="clerk", input={"objective": "Tea"})
        return Reply.tool("clerk" if "clerk" in names else "middle", objective="Tea")

    clerk = Agent("clerk", model="claude-haiku-5-5").as_tool()

    def lead(*tools: Any) -> Agent[Any, Any, str]:
        return Agent("lead", model="claude-opus-5-5", tools=[*tools])

    def middle(*tools: Any) -> Any:
        return Agent("middle", model="claude-opus-5-5", tools=[*tools]).as_tool()

    pairs = {"called": (lead(clerk), lead()), "below": (lead(middle(clerk)), lead(middle()))}
    pairs["background"] = lead(background(clerk)), lead()
    for name, (before, now) in pairs.items():
        whole, cut = Journal(tmp_path / f"{name}.db"), Journal(tmp_path / f"{name}-cut.db")
        with script(replies):
            first = await before.run("Go", journal=whole, run_id="r")
        again = await now.resume("r", journal=whole)
        assert (again.cost, again.usage) == (first.cost, first.usage), name
        assert again.output == "Done."
        assert not again.unfinished
        lines = [*whole.export("r")]
        last = max(n for n, line in enumerate(lines) if '/model:1"' in line)
        cut.import_lines(lines[: last + 1])  # in the middle of the sub-agent
        spent = cut.runs()[0].cost_usd or 0.0
        with script(lambda request: Reply.text("Done.")) as asked:
            interrupted = await now.resume("r", journal=cut)
        assert interrupted.cost.usd is not None
        assert interrupted.cost.usd > spent > 0
        assert asked.requests
        assert (await now.resume("r", journal=cut)).cost == interrupted.cost


async def test_checks_of_a_call_are_no_sub_agent(tmp_path: Path) -> None:
    judge = Agent("judge", model="claude-haiku-5-5")

    async def check(_: Seen) -> Verdict:
        await judge.run("Is it right?")
        return Pass()

    @tool(effect="read")
    async def look(word: str) -> str:
        """Look a word up."""
        return word

    def replies(request: JSONObject) -> Reply:
        is_first = "tools" in request and len(request["messages"]) == 1
        return Reply.tool("look", word="tea") if is_first else Reply.text("Done.")

    agent = Agent("a", model="claude-opus-5-5", tools=[look], guardrails=[Guardrail(check, on="tool_call")])
    with script(replies):
        first = await agent.run("Go", journal=tmp_path / "runs.db", run_id="r")
    again = await agent.resume("r", journal=tmp_path / "runs.db")
    assert (again.cost, len(again.children)) == (first.cost, len(first.children))
