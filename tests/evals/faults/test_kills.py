"""A journal that dies records nothing more, and the run is resumed from what it has."""

from pathlib import Path

import anyio
import pytest

from agentkit import Agent, tool
from agentkit.evals.faults.kills import DyingJournal
from agentkit.loop.opening import store_of
from agentkit.messages.message import JSONObject
from agentkit.testing import Reply, script

pytestmark = pytest.mark.anyio
calls: list[str] = []


@tool
def price(item: str) -> str:
    """Return the price of an item."""
    calls.append(item)
    return f"{item} costs 4 EUR"


@pytest.mark.parametrize("dies_before", [True, False])
async def test_a_run_that_was_killed_at_any_step_goes_on(tmp_path: Path, dies_before: bool) -> None:
    agent = Agent("a", model="claude-haiku-5-5", tools=[price])
    has_died = True
    for step in range(1, 10):
        calls.clear()
        journal = store_of(tmp_path / f"{step}.db")

        def play(request: JSONObject) -> Reply:
            return Reply.tool("price", item="tea") if len(request["messages"]) < 3 else Reply.text("4 EUR.")

        with script(play):
            with anyio.CancelScope() as process:
                dying = DyingJournal.at_step(step, journal, process.cancel, dies_before=dies_before)
                await agent.run("?", run_id="r", journal=dying)
            has_died = process.cancel_called
            result = await agent.run("?", run_id="r", journal=journal)
        assert result.output == "4 EUR."
        assert 1 <= len(calls) <= 2
    assert not has_died  # all its steps were tried
