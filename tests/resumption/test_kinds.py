"""Single ways to go on from a cut, each for one kind of trouble."""

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


def cut_before(source: Path, name: str, target: Path) -> None:
    """Write the records before the first one of this name."""
    lines = [*Journal(source).export("r")]
    Journal(target).import_lines(lines[: next(n for n, line in enumerate(lines) if f'"name":"{name}"' in line)])


async def test_schemas_that_were_relaxed_are_no_change_of_the_agent(tmp_path: Path) -> None:
    agent = Agent("a", model="claude-haiku-5-5", tools=[look], output=dict[str, int])
    too_complex = Reply.failure(400, "invalid_request_error", "Schema is too complex.")
    calls = Reply.tool("look", word="tea")
    with script(too_complex, calls, Reply.tool("give_answer", tea=4)):
        first = await agent.run("Go", journal=tmp_path / "runs.db", run_id="r")
    assert first.output == {"tea": 4}
    for count, name in enumerate(("model:2", "tool:", "model:3")):
        lines = [*Journal(tmp_path / "runs.db").export("r")]
        found = next(n for n, line in enumerate(lines) if f'"name":"{name}' in line)
        Journal(tmp_path / f"{count}.db").import_lines(lines[:found])
        with script(*[calls, Reply.tool("give_answer", tea=4)][-2 if count == 0 else -1 :]):
            again = await agent.run("Go", journal=tmp_path / f"{count}.db", run_id="r")
        assert (again.output, len(again.messages)) == (first.output, len(first.messages))
        assert "no longer" not in str(again.messages)


async def test_refused_credentials_stop_a_resumed_tree_too_until_it_is_asked_to_go_on(tmp_path: Path) -> None:
    reader = Agent("reader", model="claude-haiku-5-5", instructions="Read.")
    lead = Agent("lead", model="claude-opus-5-5", tools=[reader.as_tool()])

    def on(request: JSONObject) -> Reply:
        if "tools" not in request:
            return Reply.failure(401, "authentication_error", "Expired.")
        return Reply.tool("reader", objective="tea") if len(request["messages"]) == 1 else Reply.text("Well.")

    with script(on):
        first = await lead.run("Go", journal=tmp_path / "runs.db", run_id="r")
    cut_before(tmp_path / "runs.db", "model:2", tmp_path / "cut.db")
    with script():
        again = await lead.run("Go", journal=tmp_path / "cut.db", run_id="r")
    assert (again.outcome, again.reason) == (Outcome.FAILED, first.reason)
    with script(Reply.tool("reader", objective="milk"), Reply.text("Milk."), Reply.text("Well.")):
        assert (await lead.resume("r", journal=tmp_path / "cut.db", again=True)).output == "Well."


async def test_what_is_kept_for_the_final_turn_is_kept_in_a_resumed_run_too(tmp_path: Path) -> None:
    """Two requests are left behind the cut: one for the final turn, so that only one of the sub-agents asks."""
    reader = Agent("reader", model="claude-haiku-5-5", instructions="Read.")
    lead = Agent("lead", model="claude-opus-5-5", tools=[reader.as_tool()], budget=Budget(max_requests=3))

    def on(request: JSONObject) -> Reply:
        if "tools" not in request:
            return Reply.text("Read.")
        calls = Reply.tool("reader", objective="tea") + Reply.tool("reader", objective="milk")
        return calls if len(request["messages"]) == 1 else Reply.text("The best so far.")

    with script(on):
        await lead.run("Go", journal=tmp_path / "runs.db", run_id="r")
    lines = [*Journal(tmp_path / "runs.db").export("r")]
    found = next(n for n, line in enumerate(lines) if '"name":"model:1"' in line and '"phase":"value"' in line)
    Journal(tmp_path / "cut.db").import_lines(lines[: found + 1])
    with script(on) as asked:
        again = await lead.run("Go", journal=tmp_path / "cut.db", run_id="r")
    assert (again.outcome, again.output) == (Outcome.BUDGET_EXHAUSTED, "The best so far.")
    assert len(asked.requests) == 2
