"""Faults in the content of a reply: unknown, malformed, empty, paused, refused or cut off."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import islice

from agentkit.messages.message import Block, JSONObject, encode
from agentkit.simulator.faults.fault import Events, Fault, check_at_least, written_as_called
from agentkit.simulator.replies.reply import Reply
from agentkit.simulator.replies.turn import Turn

_UNKNOWN_BLOCK: Block = {"type": "hologram", "beam": "blue"}
_UNFINISHED = "The answer to this has several parts, the first of which"


@written_as_called
def unknown_event(after: int = 2) -> Fault:
    """An event of an unknown type, after the first `after` events of a stream."""
    check_at_least(0, after=after)

    def events(given: Events) -> Events:
        yield from islice(given, after)
        yield dict(_UNKNOWN_BLOCK)
        yield from given

    return Fault(change_events=events)


@written_as_called
def unknown_block() -> Fault:
    """A content block of an unknown type, before all others."""

    def turn(given: Turn) -> Turn:
        texts = {index + 1: text for index, text in given.input_texts.items()}
        return replace(given, content=[dict(_UNKNOWN_BLOCK), *given.content], input_texts=texts)

    return Fault(change_turn=turn)


@written_as_called
def unknown_stop_reason(name: str = "hologram") -> Fault:
    """An unknown stop reason, after the whole reply."""
    return Fault(change_turn=lambda given: replace(given, stop_reason=name), keeps_reply=True)


@written_as_called
def invalid_json() -> Fault:
    """The input of the last tool call is not JSON."""
    return _change_last_input(lambda given: f'{encode(given).decode()[:-1]}{", " if given else ""}"x": tru e}}')


@written_as_called
def truncated_json() -> Fault:
    """The input of the last tool call ends in the middle, though the turn ends normally."""
    return _change_last_input(lambda given: _first_half(encode(given).decode()))


@written_as_called
def duplicate_keys() -> Fault:
    """The input of the last tool call has a key twice."""

    def twice(given: JSONObject) -> str:
        name, value = next(iter(given.items()), ("x", 1))
        return f"{encode(given).decode()[:-1]}{', ' if given else ''}{json.dumps(name)}: {json.dumps(value)}}}"

    return _change_last_input(lambda given: twice(given) if given else '{"x": 1, "x": 1}')


@written_as_called
def duplicate_ids() -> Fault:
    """The last tool call occurs twice, under one id."""

    def turn(given: Turn) -> Turn:
        index = _last_call_index(given)
        texts = dict(given.input_texts)
        if index in texts:
            texts[len(given.content)] = texts[index]
        return replace(given, content=[*given.content, dict(given.content[index])], input_texts=texts)

    return Fault(change_turn=turn, needs_call=True, keeps_reply=True)


@written_as_called
def empty() -> Fault:
    """A turn without content that ends normally."""
    return Fault(reply=Reply(stop_reason="end_turn"), keeps_reply=True)


@written_as_called
def pause_turn() -> Fault:
    """The model pauses during a search by a server tool, and continues when the turn is sent back."""
    search: Block = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "tea"}}
    reply = Reply.text("Let me look that up.") + Reply.block(search)
    return Fault(reply=reply.replace(stop_reason="pause_turn"), keeps_reply=True)


@written_as_called
def refusal(category: str = "general_harms", explanation: str = "The request was declined.") -> Fault:
    """The model declines, with the details that the API sends."""
    return Fault(reply=Reply.refusal(explanation, category), keeps_reply=True)


@written_as_called
def max_tokens(inside: str = "text") -> Fault:
    """The reply is cut off by `max_tokens`, inside a `text`, a `thinking` or a `tool_use` block.

    In a reply without text or thinking, an unfinished block of that type is cut off.
    """
    return _cut_off_inside("max_tokens", inside)


@written_as_called
def context_exceeded(inside: str = "text") -> Fault:
    """The reply is cut off because the context window is full."""
    return _cut_off_inside("model_context_window_exceeded", inside)


def _cut_off_inside(stop_reason: str, inside: str) -> Fault:
    if inside not in ("text", "thinking", "tool_use"):
        raise ValueError(f"a reply is cut off inside text, thinking or tool_use, not {inside!r}")

    def turn(given: Turn) -> Turn:
        kinds = [block["type"] for block in given.content]
        index = kinds.index(inside) if inside in kinds else 0
        kept = given.content[:index]
        if inside == "tool_use":
            call = given.content[index]
            text = given.input_texts.get(index) or encode(call["input"]).decode()
            content: list[Block] = [*kept, {**call, "input": {}}]
            texts = {**given.input_texts, index: _first_half(text)}
            return replace(given, content=content, input_texts=texts, stop_reason=stop_reason, stop_details=None)
        unfinished: Block = {"type": inside, inside: _UNFINISHED} | ({"signature": ""} if inside == "thinking" else {})
        block = dict(given.content[index]) if inside in kinds else unfinished
        content = [*kept, {**block, inside: _first_half(str(block[inside]))}]
        return replace(given, content=content, input_texts={}, stop_reason=stop_reason, stop_details=None)

    return Fault(change_turn=turn, needs_call=inside == "tool_use", keeps_reply=True)


def _change_last_input(text_of: Callable[[JSONObject], str]) -> Fault:
    def turn(given: Turn) -> Turn:
        index = _last_call_index(given)
        call = given.content[index]
        content: list[Block] = [*given.content[:index], {**call, "input": {}}, *given.content[index + 1 :]]
        return replace(given, content=content, input_texts={**given.input_texts, index: text_of(call["input"])})

    return Fault(change_turn=turn, needs_call=True)


def _last_call_index(turn: Turn) -> int:
    return max(index for index, block in enumerate(turn.content) if block["type"] == "tool_use")


def _first_half(text: str) -> str:
    return text[: max(1, len(text) // 2)]
