"""Runs that are cancelled from outside: for good, with all sub-agents in them, and with what they have spent."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentkit import Agent, Budget, Journal, Outcome, RunInProgress, RunResult, UsageError, background, tool
from agentkit.messages.message import JSONObject
from agentkit.testing import Reply, script

pytestmark = pytest.mark.anyio


@tool(effect="write")
async def pay(amount: int) -> str:
    """Pay."""
    return f"paid {amount}"


child = Agent("child", model="claude-haiku-5-5", tools=[pay])
middle = Agent("middle", model="claude-haiku-5-5", tools=[child.as_tool(on_failure="retry", verify=lambda _: None)])
lead = Agent("lead", model="claude-opus-5-5", tools=[middle.as_tool()], budget=Budget(max_cost_usd=9))
behind = Agent("lead", model="claude-opus-5-5", tools=[background(middle.as_tool())], budget=Budget(max_cost_usd=9))


def answers(request: JSONObject) -> Reply:
    """Reply by what is asked alone."""
    names, turn = {param["name"] for param in request["tools"]}, len(request["messages"])
    if turn > 1:
        done = "start_agent" in names and turn == 3
        return Reply.tool("collect_agent", handles=[]) if done else Reply.text("Well.")
    if "pay" in names:
        return Reply.tool("pay", amount=5)
    if "start_agent" in names:
        return Reply.tool("start_agent", agent="middle", input={"objective": "pay"})
    return Reply.tool("child" if "child" in names else "middle", objective="pay")


def tree(result: RunResult[object]) -> list[Outcome]:
    return [result.outcome, *(outcome for one in result.children for outcome in tree(one))]


@pytest.mark.parametrize("agent", [lead, behind], ids=["called", "background"])
async def test_every_cut_can_be_cancelled(agent: Agent, tmp_path: Path) -> None:
    with script(answers):
        await agent.run("Go", journal=tmp_path / "runs.db", run_id="r")
    lines = [*Journal(tmp_path / "runs.db").export("r")]
    journal, run_id = Journal(tmp_path / "cut.db"), ""
    kinds = ('"phase":"intent"', '"kind":"input"', '"kind":"agent"')
    for count in (place for place, line in enumerate(lines, 1) if any(kind in line for kind in kinds)):
        run_id = journal.import_lines(lines[:count], f"cut {count}")
        before = journal.runs()[-1].cost_usd
        journal.cancel(run_id)
        info = journal.runs()[-1]
        assert info.status == "cancelled"
        assert info.cost_usd == pytest.approx(before)
        result = await agent.resume(run_id, journal=journal)  # no script, no key: nothing answers
        assert result.outcome is Outcome.CANCELLED
        assert "from outside" in result.reason
        assert result.cost.usd == pytest.approx(before), lines[count - 1]
        levels = {
            name.rpartition("input")[0] for line in lines[:count] if (name := line.split('"')[9]).endswith("input")
        }
        assert len(tree(result)) == len(levels)
    with pytest.raises(UsageError, match="has ended `cancelled`"):
        journal.cancel(run_id)


async def test_only_what_nobody_executes_is_cancelled(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "runs.db")
    with pytest.raises(UsageError, match="no run `r`"):
        journal.cancel("r")

    async def second(request: JSONObject) -> Reply:
        with pytest.raises(RunInProgress, match="executed by another task"):
            journal.cancel("r")
        return Reply.text("Well.")

    with script(second):
        await child.run("Go", journal=journal, run_id="r")
    with pytest.raises(UsageError, match="has ended `completed`"):
        journal.cancel("r")
