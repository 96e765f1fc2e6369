"""A turn that the server paused in the middle of a tool of its own: a user message behind it gives that call up."""

from __future__ import annotations

import pytest

from agentkit import Agent, Budget, tool
from agentkit.messages import JSONObject
from agentkit.testing import Reply, script

pytestmark = pytest.mark.anyio

SEARCH: JSONObject = {"type": "web_search_20250305", "name": "web_search"}
CALL: JSONObject = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "tea"}}


@tool(effect="read")
async def look() -> str:
    """Look."""
    return "ok"


def pause_until_the_final_turn(request: JSONObject) -> Reply:
    if (request.get("tool_choice") or {}).get("type") == "none":
        return Reply.text("Tea, I think.")
    return (Reply.text("I search.") + Reply.block(CALL)).replace(stop_reason="pause_turn")


@pytest.mark.parametrize("most", [2, 3])
async def test_the_note_of_the_final_turn_may_follow_a_paused_turn(most: int) -> None:
    chat = Agent("a", model="claude-opus-5-5", tools=[look, SEARCH]).conversation()
    with script(pause_until_the_final_turn) as server:
        result = await chat.send("Tea?", budget=Budget(max_requests=most))
    assert (result.outcome, result.output, server.refusals) == ("budget_exhausted", "Tea, I think.", [])
    with script(Reply.text("Yes.")) as server:
        assert (await chat.send("Sure?")).output == "Yes."
    assert server.refusals == []


@pytest.mark.parametrize("goes_on", [Reply.text("no number"), Reply.tool("look")])
async def test_a_reply_that_goes_on_without_the_result_may_be_followed_by_a_note_or_results(goes_on: Reply) -> None:
    agent = Agent("a", model="claude-opus-5-5", tools=[look, SEARCH], output=int)
    paused = (Reply.text("I search.") + Reply.block(CALL)).replace(stop_reason="pause_turn")
    with script(paused, goes_on, Reply.output(4)) as server:
        result = await agent.run("Tea?")
    assert (result.outcome, result.output, server.refusals) == ("completed", 4, [])
    *_, behind_the_pause, last = server.requests[-1]["messages"]
    if "tool_result" in str(last):  # results stand directly behind their calls
        assert "tool_use" in str(behind_the_pause)
