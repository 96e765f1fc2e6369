"""A fan-out with a journal: resumed item by item, and without the messages of its runs in memory."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from agentkit import Agent, Budget, Done, Journal, tool
from agentkit.messages.message import JSONObject
from agentkit.testing import Reply, script

pytestmark = pytest.mark.anyio

made: list[str] = []


@tool(effect="read")
async def look(word: str) -> str:
    """Look a word up."""
    made.append(word)
    return word


async def test_a_map_goes_on_item_by_item_and_holds_no_messages(tmp_path: Path) -> None:
    agent, path = Agent("a", model="claude-haiku-5-5", tools=[look]), tmp_path / "runs.db"

    def on(request: JSONObject) -> Reply:
        prompt = str(request["messages"][0]["content"])
        return Reply.tool("look", word=prompt) if len(request["messages"]) == 1 else Reply.text(f"{prompt}!")

    items = ["tea", "coffee", "milk"]
    with script(on):
        whole = await agent.map(items, run_id="m")
        first = await agent.map(["tea"], run_id="m", journal=path, concurrency=1)
    made.clear()
    with script(on) as asked:
        done = await agent.map(items, run_id="m", journal=path, budget=Budget(max_requests=20))
    assert [one.output for one in done if isinstance(one, Done)] == ["tea!", "coffee!", "milk!"]
    assert len(asked.requests) == 4
    assert len(made) == 2
    again = await agent.map(items, run_id="m", journal=path)  # nothing answers
    for one, recorded, plain in zip(done, again, whole, strict=True):
        assert isinstance(one, Done)
        assert isinstance(recorded, Done)
        assert isinstance(plain, Done)
        assert recorded.result.cost == one.result.cost
        assert [*recorded.result.messages] == [*one.result.messages] == [*plain.result.messages]
    assert isinstance(first[0], Done)
    assert pickle.loads(pickle.dumps(first[0].result)).messages == tuple(first[0].result.messages)


async def test_a_map_within_its_budget_counts_what_was_spent_before(tmp_path: Path) -> None:
    agent, path = Agent("a", model="claude-haiku-5-5"), tmp_path / "runs.db"
    with script(lambda request: Reply.text("Well.")):
        await agent.map(["1", "2", "3"], run_id="m", journal=path)
    lines = {number: [*Journal(path).export(f"m/{number}")] for number in range(3)}
    cut = tmp_path / "cut.db"
    Journal(cut).import_lines(lines[1])
    Journal(cut).import_lines(lines[2])
    with script() as asked:
        done = await agent.map(["1", "2", "3"], run_id="m", journal=cut, budget=Budget(max_requests=2), concurrency=1)
    assert not asked.requests
    assert [type(one).__name__ for one in done] == ["Failed", "Done", "Done"]
