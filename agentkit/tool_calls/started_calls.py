"""The calls that begin while a reply is streamed, as the step of their model call names them.

A replay has no stream: from these it knows which calls had started, those of a reply that broke off included.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import cast

from agentkit.messages.message import JSON, JSONObject, ToolCall, encode
from agentkit.messages.strict_json import parse_strict


def started_to_json(started: Iterable[tuple[int, ToolCall]], reply: Sequence[ToolCall]) -> list[JSON]:
    """Return calls as JSON, each with its position from 1. One that the reply has there is named by that alone."""
    return [
        position if position <= len(reply) and _is_same(call, reply[position - 1]) else _to_json(position, call)
        for position, call in started
    ]


def started_from_json(values: Iterable[JSON], reply: Sequence[ToolCall]) -> Iterator[tuple[int, ToolCall]]:
    """Yield the calls that `started_to_json` has written beside the same reply, each with its position."""
    for value in values:
        if isinstance(value, int):
            yield value, reply[value - 1]
        else:
            yield _from_json(cast("JSONObject", value))


def _is_same(call: ToolCall, other: ToolCall) -> bool:
    return (call.block_id or call.id) == other.id and call.key == other.key


def _to_json(position: int, call: ToolCall) -> JSONObject:
    return {
        "position": position,
        "id": call.id,
        "block_id": call.block_id,
        "name": call.name,
        "toolset_name": call.toolset_name,
        "input": encode(call.input).decode(),  # a text keeps all digits of its numbers
    }


def _from_json(value: JSONObject) -> tuple[int, ToolCall]:
    given = cast("JSONObject", parse_strict(value["input"]))
    call = ToolCall(value["id"], value["name"], given, None, value["toolset_name"], value["block_id"])
    return value["position"], call
