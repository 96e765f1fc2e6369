"""Everything that goes wrong in what the model says, as a raw client sees it on the wire."""

from __future__ import annotations

import json

import pytest

from agentkit.simulator import Reply, Script, Simulator, faults
from tests.simulator.faults.wire_client import Seen, ask

pytestmark = pytest.mark.anyio

CALL = Reply.tool("find", words=["tea", "cup"])
SAID = Reply.thinking("They want tea, I think.") + Reply.text("Let me look.") + CALL


async def with_fault(fault: str, reply: Reply = SAID, *, stream: bool = True) -> Seen:
    async with Simulator(Script(lambda _: reply)).serve() as base_url:
        seen = await ask(base_url, fault=fault, stream=stream)
    assert seen.status == 200
    assert seen.is_whole
    return seen


def inputs(seen: Seen) -> list[str]:
    """The text of every tool input of a stream."""
    texts: dict[int, str] = {}
    for event in seen.events:
        if event["type"] == "content_block_delta" and event["delta"]["type"] == "input_json_delta":
            texts[event["index"]] = texts.get(event["index"], "") + event["delta"]["partial_json"]
    return list(texts.values())


def blocks(seen: Seen) -> list[dict[str, object]]:
    return [event["content_block"] for event in seen.events if event["type"] == "content_block_start"]


def stop_reason(seen: Seen) -> str:
    (delta,) = (event for event in seen.events if event["type"] == "message_delta")
    return str(delta["delta"]["stop_reason"])


async def test_a_tool_input_that_is_no_json() -> None:
    (text,) = inputs(await with_fault("invalid_json"))
    with pytest.raises(json.JSONDecodeError):
        json.loads(text)
    assert text == '{"words":["tea","cup"], "x": tru e}'


async def test_a_tool_input_that_stops_in_the_middle() -> None:
    seen = await with_fault("truncated_json")
    assert inputs(seen) == ['{"words":["']
    assert stop_reason(seen) == "tool_use"


async def test_a_key_that_comes_twice() -> None:
    (text,) = inputs(await with_fault("duplicate_keys"))
    assert text == '{"words":["tea","cup"], "words": ["tea", "cup"]}'
    assert inputs(await with_fault("duplicate_keys", Reply.tool("find"))) == ['{"x": 1, "x": 1}']


async def test_a_call_that_comes_twice() -> None:
    seen = await with_fault("duplicate_ids")
    first, second = (block for block in blocks(seen) if block["type"] == "tool_use")
    assert first["id"] == second["id"]
    assert len(set(inputs(seen))) == 1


async def test_a_block_that_nobody_knows() -> None:
    seen = await with_fault("unknown_block+invalid_json")
    assert [block["type"] for block in blocks(seen)] == ["hologram", "thinking", "text", "tool_use"]
    assert "tru e" in inputs(seen)[0]


async def test_an_event_that_nobody_knows() -> None:
    seen, usual = await with_fault("unknown_event:3"), await with_fault("")
    assert seen.events[3] == {"type": "hologram", "beam": "blue"}
    assert seen.events[:3] + seen.events[4:] == usual.events


async def test_a_stop_reason_that_nobody_knows() -> None:
    assert stop_reason(await with_fault("unknown_stop_reason")) == "hologram"
    assert stop_reason(await with_fault("unknown_stop_reason:later")) == "later"


async def test_a_turn_without_content() -> None:
    seen = await with_fault("empty")
    assert blocks(seen) == []
    assert stop_reason(seen) == "end_turn"


async def test_a_turn_that_pauses() -> None:
    seen = await with_fault("pause_turn")
    assert [block["type"] for block in blocks(seen)] == ["text", "server_tool_use"]
    assert stop_reason(seen) == "pause_turn"


async def test_a_refusal_with_its_details() -> None:
    seen = await with_fault("refusal:cyber,No.", stream=False)
    assert seen.json["content"] == []
    assert seen.json["stop_reason"] == "refusal"
    assert seen.json["stop_details"] == {"type": "refusal", "category": "cyber", "explanation": "No."}


@pytest.mark.parametrize("name", ["max_tokens", "context_exceeded"])
@pytest.mark.parametrize(
    ("inside", "kinds"),
    [("thinking", ["thinking"]), ("text", ["thinking", "text"]), ("tool_use", ["thinking", "text", "tool_use"])],
)
async def test_a_reply_that_is_cut_off(name: str, inside: str, kinds: list[str]) -> None:
    seen = await with_fault(f"{name}:{inside}")
    assert [block["type"] for block in blocks(seen)] == kinds
    assert stop_reason(seen) == {"max_tokens": "max_tokens"}.get(name, "model_context_window_exceeded")
    deltas = [event["delta"] for event in seen.events if event["type"] == "content_block_delta"]
    assert [delta["text"] for delta in deltas if "text" in delta] == {"text": ["Let me"]}.get(
        inside, ["Let me look."] * (inside == "tool_use")
    )
    if inside == "tool_use":
        assert inputs(seen) == ['{"words":["']


async def test_a_reply_without_the_block_is_cut_off_in_one_that_it_had_begun() -> None:
    seen = await with_fault("max_tokens:thinking", Reply.text("Tea."), stream=False)
    assert seen.json["content"][0]["thinking"]
    assert len(seen.json["content"]) == 1


async def test_a_fault_of_calls_leaves_a_reply_without_one_as_it_is_and_is_told() -> None:
    simulator = Simulator(Script(lambda _: Reply.text("Tea.")), faults=["invalid_json"])
    async with simulator.serve() as base_url:
        seen = await ask(base_url)
    assert stop_reason(seen) == "end_turn"
    assert simulator.unapplied_faults() == ["- a fault of tool calls met a reply without one"]


def test_a_reply_is_cut_off_inside_blocks_that_there_are() -> None:
    with pytest.raises(ValueError, match="inside text, thinking or tool_use, not 'image'"):
        faults.max_tokens("image")
