"""Spending of earlier executions is counted once, in whatever way its steps are executed again."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentkit import Agent, Budget, Journal, Outcome, tool
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
