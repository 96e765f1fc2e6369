"""Tools that the API executes: their events while a reply is streamed and when it is replayed, from any block."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from agentkit import Agent, Event, ServerToolFinished, ServerToolStarted, TextDelta, TurnReset, WebSource
from agentkit.messages.message import Block, JSONObject
from agentkit.run.scope import RunScope
from agentkit.run.server_tool_events import emit_server_tool
from agentkit.run.steps import InMemorySteps
from agentkit.testing import Reply, script
from tests.run.test_steps import Recording, Replaying

pytestmark = pytest.mark.anyio

SEARCH: JSONObject = {"type": "web_search_20260209", "name": "web_search"}
CALL: Block = {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {"query": "tea"}}
PAGE: JSONObject = {"type": "web_search_result", "url": "https://tea.example", "title": "Tea", "encrypted_content": "x"}
FOUND: Block = {"type": "web_search_tool_result", "tool_use_id": "s1", "content": [PAGE]}
CITATION: JSONObject = {"type": "web_search_result_location", "url": "https://tea.example", "cited_text": "hot"}
ANSWER = Reply.block(CALL) + Reply.block(FOUND) + Reply.block({"type": "text", "text": "Hot.", "citations": [CITATION]})
AGENT = Agent("searcher", model="claude-sonnet-5", tools=[SEARCH])


async def events_of(**options: Any) -> list[Event]:
    async with AGENT.stream("What is tea?", run_id="r", **options) as run:
        return [event async for event in run]


def of_server_tools(events: list[Event]) -> list[Event]:
    return [event for event in events if isinstance(event, ServerToolStarted | ServerToolFinished)]


async def test_a_search_is_reported_before_the_text_that_it_serves_and_again_when_it_is_replayed() -> None:
    recording = Recording()
    with script(ANSWER):
        events = await events_of(steps=recording)
    started, finished = of_server_tools(events)
    assert isinstance(started, ServerToolStarted)
    assert (started.call_id, started.name, started.input) == ("s1", "web_search", {"query": "tea"})
    assert isinstance(finished, ServerToolFinished)
    assert (finished.call_id, finished.name, finished.is_error) == ("s1", "web_search", False)
    assert finished.sources == (WebSource("https://tea.example", "Tea"),)
    assert finished.to_json()["sources"] == [{"url": "https://tea.example", "title": "Tea"}]
    first_text = next(event for event in events if isinstance(event, TextDelta))
    assert events.index(started) < events.index(finished) < events.index(first_text)
    with script():
        again = of_server_tools(await events_of(steps=Replaying(recording.journal)))
    assert again == [replace(started, is_replayed=True), replace(finished, is_replayed=True)]


async def test_a_reply_that_breaks_off_reports_its_calls_anew() -> None:
    with script(ANSWER, faults=["cut:1500"]):
        events = await events_of()
    reset = next(i for i, event in enumerate(events) if isinstance(event, TurnReset))
    assert [type(event) for event in of_server_tools(events[reset:])] == [ServerToolStarted, ServerToolFinished]


async def test_code_that_calls_tools_is_finished_in_a_later_turn() -> None:
    run: Block = {"type": "server_tool_use", "id": "s1", "name": "code_execution", "input": {"code": "x"}}
    content = {"type": "code_execution_result", "stdout": "3", "stderr": "", "return_code": 0, "content": []}
    ran: Block = {"type": "code_execution_tool_result", "tool_use_id": "s1", "content": content}
    with script(Reply.block(run).replace(stop_reason="pause_turn"), Reply.block(ran) + Reply.text("Three.")):
        started, finished = of_server_tools(await events_of())
    assert isinstance(started, ServerToolStarted)
    assert isinstance(finished, ServerToolFinished)
    assert (finished.call_id, finished.name, finished.text) == ("s1", "code_execution", "3")


class Listener:
    """Keeps the events that were sent to it."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    async def send(self, event: Event) -> None:
        self.send_soon(event)

    def send_soon(self, event: Event) -> None:
        self.events.append(event)


def result(kind: str, content: object, **more: object) -> Block:
    return {"type": f"{kind}_tool_result", "tool_use_id": "s1", "content": content, **more}


FAILED = {"type": "web_search_tool_result_error", "error_code": "max_uses_exceeded"}
DOCUMENT = {"type": "document", "title": "Tea", "source": {}}
REFERENCES = [{"type": "tool_reference", "tool_name": "rate"}]


@pytest.mark.parametrize(
    ("block", "read"),
    [
        (result("web_search", FAILED), {"name": "web_search", "is_error": True, "text": "max_uses_exceeded"}),
        (
            result("web_fetch", {"type": "web_fetch_result", "url": "u", "content": DOCUMENT}),
            {"name": "web_fetch", "is_error": False, "sources": (WebSource("u", "Tea"),)},
        ),
        (
            result("bash_code_execution", {"type": "x", "stdout": "a", "stderr": "b", "return_code": 1}),
            {"name": "bash_code_execution", "is_error": True, "text": "ab"},
        ),
        (
            result("tool_search", {"type": "x", "tool_references": REFERENCES}),
            {"name": "tool_search", "tools": ("rate",)},
        ),
        (
            result("mcp", [{"type": "text", "text": "no"}], is_error=True),
            {"name": "mcp", "is_error": True, "text": "no"},
        ),
        (result("advisor", {"type": "advisor_result", "text": "Do."}), {"is_error": False, "text": "Do."}),
        (result("web_search", None), {"text": "", "sources": (), "tools": ()}),
        (result("web_search", [5, {"url": 7}, None, "x"]), {"text": "", "sources": ()}),
        (result("tool_search", {"tool_references": 5}), {"tools": ()}),
    ],
)
def test_a_result_is_read_whatever_is_in_it(block: Block, read: JSONObject) -> None:
    listener = Listener()
    scope = RunScope("r", ("a",), InMemorySteps(), listener=listener)
    reported: dict[str, str] = {}
    for _ in range(2):
        emit_server_tool(scope, json.loads(json.dumps(block)), reported)
    (event,) = listener.events
    assert {name: getattr(event, name) for name in read} == read


@pytest.mark.parametrize("kind", ["text", "tool_result", "hologram", None])
def test_other_blocks_have_no_event(kind: str | None) -> None:
    listener = Listener()
    emit_server_tool(RunScope("r", ("a",), InMemorySteps(), listener=listener), {"type": kind}, {})
    assert listener.events == []
