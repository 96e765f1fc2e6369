"""Spending of earlier executions is counted once, in whatever way its steps are executed again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agentkit import Agent, Budget, Journal, Outcome, Retry, tool
from agentkit.messages.message import JSONObject
from agentkit.testing import Reply, script

pytestmark = pytest.mark.anyio


@tool(effect="read")
async def look(word: str) -> str:
    """Look a word up."""
    return word


clerk = Agent("clerk", model="claude-haiku-5-5")
reader = Agent("reader", model="claude-haiku-5-5", tools=[look, clerk.as_tool()])
lead = Agent("lead", model="claude-opus-5-5", tools=[reader.as_tool(), look])


def answer(request: JSONObject) -> Reply:
    names, turn = {param["name"] for param in request.get("tools", ())}, len(request["messages"])
    if "reader" in names:
        return {1: Reply.tool("reader", objective="tea"), 3: Reply.tool("look", word="milk")}.get(
            turn, Reply.text("All of it.")
        )
    return Reply.tool("clerk", objective="tea") if "clerk" in names and turn == 1 else Reply.text("Tea is 4 EUR.")


async def test_sub_agents_that_have_ended_are_counted_once(tmp_path: Path) -> None:
    """The budget is used up to the last request, so that one counted twice would be one too many."""
    budget = Budget(max_requests=7)  # six, and the reserve for a final turn
    with script(answer):
        first = await lead.run("Go", journal=tmp_path / "runs.db", run_id="r", budget=budget)
    assert (first.outcome, first.usage.requests) == (Outcome.COMPLETED, 6)
    lines = [*Journal(tmp_path / "runs.db").export("r")]
    for count in (place for place, line in enumerate(lines, 1) if '"kind":"end"' in line or '"kind":"agent"' in line):
        path = tmp_path / f"{count}.db"
        Journal(path).import_lines(lines[:count])
        with script(answer):
            again = await lead.run("Go", journal=path, run_id="r", budget=budget)
        assert (again.outcome, again.usage) == (Outcome.COMPLETED, first.usage), lines[count - 1]


async def test_requests_that_failed_are_counted_when_the_run_goes_on(tmp_path: Path) -> None:
    """A request that is refused, or that is sent again, counts, although it costs nothing."""
    agent = Agent("a", model="claude-haiku-5-5", tools=[look], retry=Retry(first_wait_s=0))
    too_long = Reply.failure(400, "invalid_request_error", "prompt is too long: 208310 tokens > 200000 maximum")

    def on(request: JSONObject) -> Reply:
        if request.get("tool_choice", {}).get("type") == "none":
            return Reply.text("The best so far.")
        is_compacted = "compaction" in str(request["messages"][0])
        if request.get("compaction") or is_compacted or len(request["messages"]) < 5:
            return Reply.tool("look", word=str(len(request["messages"]))) + Reply.text("Looked.")
        return too_long

    for limit in (6, 7):
        budget = Budget(max_requests=limit)
        with script(on, faults=[None, "status:529"]) as asked:
            first = await agent.run("Go", journal=tmp_path / f"{limit}.db", run_id="r", budget=budget)
        assert (first.outcome, len(asked.requests)) == (Outcome.BUDGET_EXHAUSTED, limit)
        lines = [*Journal(tmp_path / f"{limit}.db").export("r")]
        for count in (place for place, line in enumerate(lines, 1) if '"kind":"model","phase":"value"' in line):
            path = tmp_path / f"{limit}-{count}.db"
            Journal(path).import_lines(lines[:count])
            with script(on) as now:
                again = await agent.run("Go", journal=path, run_id="r", budget=budget)
            replies = [line for line in lines[:count] if '"kind":"model","phase":"value"' in line]
            recorded = sum(len(json.loads(line)["charges"]) for line in replies)
            assert again.outcome is Outcome.BUDGET_EXHAUSTED
            assert recorded + len(now.requests) == limit, lines[count - 1]
