"""Serialization of one turn: as a JSON message, or as the sequence of events of a streamed reply."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from agentkit.messages.message import Block, JSONObject, encode

if TYPE_CHECKING:
    from agentkit.simulator.replies.reply import Turn

_PIECE_CHARS = 24
_CUMULATIVE_COUNTERS = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens")
"""Counters that the last usage of a stream repeats; each is the total of the whole reply."""


def message_json(turn: Turn, *, message_id: str, model: str, usage: JSONObject) -> JSONObject:
    """Return the whole reply as one JSON object, for requests without `stream`."""
    return {
        "id": message_id,
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": turn.content,
        "stop_reason": turn.stop_reason,
        "stop_sequence": None,
        "stop_details": turn.stop_details,
        "usage": usage,
    }


def stream_events(turn: Turn, *, message_id: str, model: str, usage: JSONObject) -> Iterator[JSONObject]:
    """Yield the events of a streamed reply: start, a ping, each block with its deltas, the usage, stop."""
    start = message_json(turn, message_id=message_id, model=model, usage={**usage, "output_tokens": 1})
    yield {"type": "message_start", "message": {**start, "content": [], "stop_reason": None, "stop_details": None}}
    yield {"type": "ping"}
    for index, block in enumerate(turn.content):
        opening, deltas = _split_block(block, turn.input_texts.get(index))
        yield {"type": "content_block_start", "index": index, "content_block": opening}
        for delta in deltas:
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    delta = {"stop_reason": turn.stop_reason, "stop_sequence": None, "stop_details": turn.stop_details}
    yield {"type": "message_delta", "delta": delta, "usage": {k: usage[k] for k in _CUMULATIVE_COUNTERS if k in usage}}
    yield {"type": "message_stop"}


def encode_sse_event(event: JSONObject) -> bytes:
    """Return an event as the bytes of a server-sent event."""
    return b"event: %b\ndata: %b\n\n" % (event["type"].encode(), encode(event))


def _split_block(block: Block, input_text: str | None) -> tuple[Block, list[JSONObject]]:
    """Return a block as `content_block_start` has it, and the deltas that complete it."""
    match block.get("type"):
        case "text":
            deltas: list[JSONObject] = [{"type": "text_delta", "text": piece} for piece in _split_text(block["text"])]
            if not block.get("citations"):
                return {**block, "text": ""}, deltas
            cited = [{"type": "citations_delta", "citation": citation} for citation in block["citations"]]
            return {**block, "text": "", "citations": []}, [*cited, *deltas]
        case "thinking":
            deltas = [{"type": "thinking_delta", "thinking": piece} for piece in _split_text(block["thinking"])]
            signature = {"type": "signature_delta", "signature": block["signature"]}
            return {**block, "thinking": "", "signature": ""}, [*deltas, signature]
        case "tool_use" | "server_tool_use":
            text = encode(block["input"]).decode() if input_text is None else input_text
            pieces = ["", *_split_text(text)]  # the API's first delta is empty too
            return {**block, "input": {}}, [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
        case _:
            return block, []


def _split_text(text: str) -> list[str]:
    return [text[i : i + _PIECE_CHARS] for i in range(0, len(text), _PIECE_CHARS)]
