"""Model calls as steps: what a resumed run knows of those that an earlier execution has made."""

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


async def test_a_resumed_run_knows_how_long_its_longest_call_took(tmp_path: Path) -> None:
    """Of 100 s, 40 are left when it is resumed: not enough for one more call like the first."""
    agent, seconds = Agent("a", model="claude-haiku-5-5", tools=[look], max_turns=3), [0.0]

    def on(request: JSONObject) -> Reply:
        if len(request["messages"]) == 1:
            seconds[0] += 60
        return Reply.text("The best so far.") if "tool_choice" in request else Reply.tool("look", word="tea")

    journal = Journal(tmp_path / "runs.db", clock=lambda: seconds[0])
    with script(on):
        await agent.run("Go", journal=journal, run_id="r")
    lines = [*journal.export("r")]
    cut = Journal(tmp_path / "cut.db", clock=lambda: seconds[0])
    cut.import_lines(lines[: next(n for n, line in enumerate(lines) if '"name":"model:2"' in line)])
    with script(on):
        again = await agent.resume("r", journal=cut, budget=Budget(max_seconds=100))
    assert (again.outcome, again.output) == (Outcome.BUDGET_EXHAUSTED, "The best so far.")
    assert "a call took up to 60.0 s" in again.reason
