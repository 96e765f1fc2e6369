"""What a reply says beside its text reaches the events and the result."""

from __future__ import annotations

import json

import pytest

from agentkit import Agent, CitationDelta, Container, Settings, TurnFinished
from agentkit.messages.message import JSONObject
from agentkit.testing import Reply, script

pytestmark = pytest.mark.anyio

CITED: JSONObject = {"type": "char_location", "cited_text": "hot", "document_index": 0}
BOX = {"id": "container_5", "expires_at": "2999-01-01T00:00:00Z"}
EDIT = {"type": "clear_tool_uses_20250919", "cleared_tool_uses": 417}
EDITS = {"context_management": {"edits": [{"type": "clear_tool_uses_20250919"}]}}


def cited(text: str) -> Reply:
    return Reply.block({"type": "text", "text": text, "citations": [{**CITED, "cited_text": text}]})


async def test_stop_sequence_edits_container_and_citations_reach_events_and_result() -> None:
    settings = Settings(betas=("context-management-2025-06-27",), extra={"stop_sequences": ["ENOUGH", "STOP"], **EDITS})
    agent = Agent("a", model="claude-sonnet-5", settings=settings)
    reply = (cited("Tea is hot.") + Reply.text(" And ENOUGH")).replace(container=BOX, applied_edits=[EDIT])
    with script(reply):
        async with agent.stream("Go on.") as run:
            events = [event async for event in run]
    finished = next(event for event in events if isinstance(event, TurnFinished))
    citation = {**CITED, "cited_text": "Tea is hot."}
    assert [event.citation for event in events if isinstance(event, CitationDelta)] == [citation]
    for told in (finished, run.result):
        assert told.stop_sequence == "ENOUGH"
        assert told.container == Container(**BOX)
        assert told.applied_edits == (EDIT,)
        assert told.citations == (citation,)
    plain = json.loads(json.dumps(finished.to_json()))
    assert (plain["container"], plain["applied_edits"], plain["citations"]) == (BOX, [EDIT], [citation])


async def test_a_reply_without_them_says_so() -> None:
    with script(Reply.text("Tea.")):
        result = await Agent("a", model="claude-sonnet-5").run("Hi")
    assert (result.stop_sequence, result.container, result.applied_edits, result.citations) == (None, None, (), ())


async def test_the_citations_of_a_paused_reply_are_those_of_all_its_parts() -> None:
    call = {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {}}
    found = Reply.block({"type": "web_search_tool_result", "tool_use_id": "s1", "content": []}) + cited("Very.")
    agent = Agent("a", model="claude-sonnet-5", tools=[{"type": "web_search_20260209", "name": "web_search"}])
    with script((cited("Tea is hot.") + Reply.block(call)).replace(stop_reason="pause_turn"), found):
        result = await agent.run("Hi")
    assert [citation["cited_text"] for citation in result.citations] == ["Tea is hot.", "Very."]
    assert result.ok
