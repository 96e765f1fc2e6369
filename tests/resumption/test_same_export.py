"""The same script, seed and clock give the same export, byte for byte."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from agentkit import Agent, Journal, Retry, tool
from agentkit.messages.message import JSONObject
from agentkit.testing import Reply, script

pytestmark = pytest.mark.anyio

seconds = [0.0]


@tool(effect="read")
async def look(word: str) -> str:
    """Look a word up."""
    return word


@tool(effect="read", eager=False)
async def search(word: str) -> str:
    """Search for a word, which takes its time."""
    seconds[0] += 1.25
    return word


@tool(effect="write")
async def pay(amount: int) -> str:
    """Pay."""
    return f"paid {amount}"


RETRY = Retry(first_wait_s=0.001)
reader = Agent("reader", model="claude-haiku-5-5", tools=[look, pay], retry=RETRY)
scout = Agent("scout", model="claude-haiku-5-5", tools=[look], retry=RETRY)  # it only reads, and begins early
lead = Agent("lead", model="claude-opus-5-5", tools=[reader.as_tool(), scout.as_tool(), pay, look, search], retry=RETRY)


def in_parallel(request: JSONObject) -> Reply:
    turn = len(request["messages"])
    names = {param["name"] for param in request["tools"]}
    if names == {"look"}:
        return Reply.tool("look", word="coffee") if turn == 1 else Reply.text("Seen.")
    if "reader" not in names:
        calls = Reply.tool("look", word="tea") + Reply.tool("pay", amount=2) + Reply.tool("look", word="milk")
        return calls if turn == 1 else Reply.text("Read.")
    if turn > 1:
        return Reply.text("Tea is 4 EUR.")
    calls = Reply.tool("scout", objective="tea") + Reply.tool("scout", objective="milk")
    calls += Reply.tool("look", word="tea") + Reply.tool("reader", objective="tea") + Reply.tool("pay", amount=1)
    return calls + Reply.tool("reader", objective="milk") + Reply.tool("look", word="milk")


def one_by_one(request: JSONObject) -> Reply:
    return Reply.tool("search", word="tea") if len(request["messages"]) < 6 else Reply.text("Tea.")


@pytest.mark.parametrize("is_parallel", [True, False])
async def test_two_executions_give_the_same_export(is_parallel: bool, tmp_path: Path) -> None:
    exports: list[list[str]] = []
    for n in range(2):
        journal = Journal(tmp_path / f"{n}.db", clock=(lambda: 0.0) if is_parallel else (lambda: seconds[0]))
        seconds[0] = 0.0
        random.seed(9)
        with script(in_parallel if is_parallel else one_by_one, faults=["status:503"]):
            result = await lead.run("Go", journal=journal, run_id="r")
        assert result.ok
        exports.append([*journal.export("r")])
    assert exports[0] == exports[1]
    assert ('"duration_s":1.25' in "".join(exports[0])) is not is_parallel
