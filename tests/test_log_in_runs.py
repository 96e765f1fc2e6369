"""The log of runs: every line names its run, and logging that raises ends none."""

from __future__ import annotations

import logging
from typing import cast

import pytest

from agentkit import Agent, Outcome, RunResult, tool
from agentkit.simulator import Reply
from agentkit.testing import script
from tests.test_log import BREAKING, Breaking


@tool(effect="read", retries=1)
async def load(path: str) -> str:
    """Load a file."""
    raise ValueError(f"no {path}")


READER = Agent("reader", model="claude-haiku-5-5", tools=[load], description="Reads.")
LEAD = Agent("lead", model="claude-haiku-5-5", tools=[READER.as_tool()])


async def _delegate() -> RunResult[str]:
    def reply(request: dict[str, object]) -> Reply:
        messages, tools = request["messages"], str(request["tools"])
        if len(cast("list[object]", messages)) > 1:
            return Reply.text("Done.")
        return Reply.tool("load", path="a.txt") if "Load a file" in tools else Reply.tool("reader", objective="Read.")

    with script(reply):
        return await LEAD.run("Go")


@pytest.mark.anyio
async def test_every_line_names_its_run_agent_tool_and_error(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "agentkit"):
        result = await _delegate()
    (child,) = result.children
    lines = [record.__dict__ for record in caplog.records]
    runs = [(result.run_id, "lead"), *[(child.run_id, "reader")] * 4, (result.run_id, "lead")]
    assert [(line["run_id"], line["agent"]) for line in lines] == runs
    assert [line["event"] for line in lines] == [
        *["run started", "run started", "tool failed and is tried again", "tool failed"],
        *["run finished", "run finished"],
    ]
    assert [line["tool"] for line in lines[2:4]] == ["load", "load"]
    assert lines[3]["error_id"] in str(child.messages)
    assert "ValueError: no a.txt (test_log_in_runs.py:" in lines[3]["message"]
    assert f"run_id={child.run_id}" in lines[3]["message"]


@pytest.mark.anyio
@pytest.mark.parametrize("breaking", BREAKING)
async def test_logging_that_raises_ends_no_run_and_no_map(breaking: Breaking, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging, "raiseExceptions", False)
    agent = Agent("a", model="claude-haiku-5-5", input=int, render=lambda number: f"item {6 // number}", tools=[load])
    with breaking(logging.getLogger("agentkit")):
        assert (await _delegate()).outcome is Outcome.COMPLETED
        with script(lambda _: Reply.text("Done.")):
            found = await agent.map([1, 0, 3])
    assert [type(one).__name__ for one in found] == ["Done", "Failed", "Done"]
