"""A run that is resumed with another `max_turns`: recorded turns replay as they were, the next keeps the new limit."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentkit import Agent, Journal, Outcome, RunResult, tool
from agentkit.messages.message import JSONObject
from agentkit.testing import Reply, script

pytestmark = pytest.mark.anyio


@tool(effect="read")
async def look(word: str) -> str:
    """Look a word up."""
    return word


def agent(max_turns: int, output_retries: int = 2) -> Agent[None, str, str]:
    return Agent("a", model="claude-haiku-5-5", tools=[look], max_turns=max_turns, output_retries=output_retries)


def on(request: JSONObject) -> Reply:
    """Look seven words up, or answer in the last turn."""
    turn = (len(request["messages"]) + 1) // 2
    is_last = request.get("tool_choice", {}).get("type") == "none"
    return Reply.text("Done.") if is_last or turn > 7 else Reply.tool("look", word=str(turn))


async def cut_after(path: Path, name: str, max_turns: int) -> list[str]:
    with script(on):
        await agent(max_turns).run("Go", journal=path, run_id="r")
    lines = [*Journal(path).export("r")]
    return lines[: next(n for n, line in enumerate(lines) if f'"name":"{name}"' in line)]


async def resumed(path: Path, lines: list[str], max_turns: int) -> tuple[RunResult[str], int]:
    """The result, and the number of requests."""
    Journal(path).import_lines(lines)
    with script(on) as asked:
        result = await agent(max_turns).resume("r", journal=path)
    assert (await agent(99).resume("r", journal=path)).messages == result.messages  # from the whole journal
    return result, len(asked.requests)


async def test_a_lower_limit_leaves_one_last_turn_and_a_higher_one_all_of_its_turns(tmp_path: Path) -> None:
    lines = await cut_after(tmp_path / "runs.db", "model:5", max_turns=20)
    expected = {1: 1, 4: 1, 5: 1, 6: 2, 20: 4}
    for max_turns, requests in expected.items():
        result, asked = await resumed(tmp_path / f"{max_turns}.db", lines, max_turns)
        assert (result.output, asked) == ("Done.", requests)
        assert result.outcome is (Outcome.COMPLETED if max_turns == 20 else Outcome.MAX_TURNS)


async def test_a_last_turn_that_is_recorded_stays_the_last_one(tmp_path: Path) -> None:
    lines = await cut_after(tmp_path / "runs.db", "end", max_turns=3)
    result, asked = await resumed(tmp_path / "cut.db", lines, 20)
    assert (result.output, result.outcome, asked) == ("Done.", Outcome.MAX_TURNS, 0)


async def test_each_execution_has_had_its_own_limit(tmp_path: Path) -> None:
    lines = await cut_after(tmp_path / "runs.db", "model:3", max_turns=20)
    Journal(tmp_path / "second.db").import_lines(lines)
    with script(on):
        await agent(2).resume("r", journal=tmp_path / "second.db")
    second = [*Journal(tmp_path / "second.db").export("r")]
    before_last = next(n for n, line in enumerate(second) if '"name":"model:3"' in line)
    result, asked = await resumed(tmp_path / "third.db", second[:before_last], 20)  # the last turn was not made
    assert (result.outcome, asked) == (Outcome.COMPLETED, 6)
    result, asked = await resumed(tmp_path / "fourth.db", second[:-1], 20)
    assert (result.outcome, asked) == (Outcome.MAX_TURNS, 0)


async def test_a_sub_agent_goes_on_under_the_limit_of_now(tmp_path: Path) -> None:
    def lead(max_turns: int) -> Agent[None, str, str]:
        return Agent("lead", model="claude-haiku-5-5", tools=[agent(max_turns).as_tool()])

    def replies(request: JSONObject) -> Reply:
        if "look" in {param["name"] for param in request["tools"]}:
            return on(request)
        return Reply.tool("a", objective="Go") if len(request["messages"]) == 1 else Reply.text("Told.")

    with script(replies):
        await lead(20).run("Go", journal=tmp_path / "runs.db", run_id="r")
    lines = [*Journal(tmp_path / "runs.db").export("r")]
    Journal(tmp_path / "cut.db").import_lines(lines[: next(n for n, line in enumerate(lines) if '/model:4"' in line)])
    with script(replies):
        result = await lead(2).resume("r", journal=tmp_path / "cut.db")
    assert result.output == "Told."
    assert result.children[0].outcome is Outcome.MAX_TURNS
    assert result.children[0].usage.requests == 4
