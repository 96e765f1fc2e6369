"""The tree of a run's steps: sub-agents, failures, checks, and calls of which nothing is recorded."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentkit import Agent, Journal, ToolError, tool
from agentkit.cli.runs.step_tree import StepTree, tree_lines
from agentkit.messages.message import JSONObject
from agentkit.testing import Reply, script

pytestmark = pytest.mark.anyio


@tool(effect="read")
async def look(word: str) -> str:
    """Look a word up."""
    if word == "milk":
        raise ToolError("There is no milk.")
    return word


checked: list[str] = []


def verify(found: str) -> str | None:
    """Send the first answer back."""
    checked.append(found)
    return "It is too short." if len(checked) == 1 else None


reader = Agent("reader", model="claude-haiku-5-5", tools=[look])
lead = Agent("lead", model="claude-opus-5-5", tools=[reader.as_tool(verify=verify), look])


def answers(request: JSONObject) -> Reply:
    """Reply by what is asked alone."""
    turn = len(request["messages"])
    if "reader" in {param["name"] for param in request["tools"]}:
        return (
            Reply.tool("reader", objective="tea") + Reply.tool("look", word="milk")
            if turn == 1
            else Reply.text("4\x1b[2J")
        )
    return Reply.tool("look", word="tea") if turn == 1 else Reply.text("Tea is 4." if turn == 3 else "Tea is 4 EUR.")


def shown(lines: list[str], *, has_ended: bool = False) -> list[str]:
    """The tree without costs."""
    tree = StepTree(lines, has_ended=has_ended)
    return [" ".join(word for word in line.split() if "$" not in word) for line, _ in tree_lines(tree.root)]


async def test_sub_agents_stand_below_their_calls(tmp_path: Path) -> None:
    checked.clear()
    with script(answers):
        await lead.run("Go", journal=tmp_path / "runs.db", run_id="r")
    lines = [*Journal(tmp_path / "runs.db").export("r")]
    assert shown(lines, has_ended=True) == [
        "├ model:1 calls reader, look ·",
        "├ reader completed · objective=tea",
        "│ ├ model:1 calls look ·",
        "│ ├ look answered word=tea",
        "│ ├ model:2 replied · Tea is 4.",
        "│ ├ verify:1 sent back",
        "│ ├ model:3 replied · Tea is 4 EUR.",
        "│ └ verify:2 passed",
        "├ look failed word=milk",
        "└ model:2 replied · 4�[2J",
    ]
    cut = next(i for i, line in enumerate(lines) if '"kind":"tool"' in line)
    assert shown(lines[:cut]) == [
        "├ model:1 calls reader, look ·",
        "├ reader in flight · objective=tea",
        "│ ├ model:1 calls look ·",
        "│ └ look in flight word=tea",
        "└ look in flight word=milk",
    ]
    root = StepTree(lines).root
    assert root.cost.usd == pytest.approx(Journal(tmp_path / "runs.db").runs()[0].cost_usd)


async def test_a_request_that_failed_says_why(tmp_path: Path) -> None:
    with script(Reply.failure(400, "invalid_request_error", "Too \n long.")):
        await lead.run("Go", journal=tmp_path / "runs.db", run_id="r")
    (line,) = shown([*Journal(tmp_path / "runs.db").export("r")], has_ended=True)
    assert line.startswith("└ model:1 failed: ")
    assert "Too long." in line
