"""Serialization of one turn: as a JSON message, or as the sequence of events of a streamed reply."""

from __future__ import annotations

from collections.abc import Iterator

from agentkit.messages.message import Block, JSONObject, encode
from agentkit.simulator.replies.turn import Turn

_PIECE_CHARS = 24
_FINAL_COUNTERS = ("iterations", "server_tool_use", "output_tokens_details")
"""Counters that only the last usage of a stream has."""
_CUMULATIVE_COUNTERS = (
    *("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens"),
    *_FINAL_COUNTERS,
)
"""Counters of the last usage of a stream; each is the total of the whole reply."""


def message_json(turn: Turn, *, message_id: str, model: str, usage: JSONObject) -> JSONObject:
    """Return the whole reply as one JSON object, for requests without `stream`."""
    message: JSONObject = {
        "id": message_id,
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": turn.content,
        "stop_reason": turn.stop_reason,
        "stop_sequence": turn.stop_sequence,
        "stop_details": turn.stop_details,
        "usage": usage,
    }
    if turn.container is not None:
        message["container"] = turn.container
    return {**message, **_context_management(turn)}


def stream_events(turn: Turn, *, message_id: str, model: str, usage: JSONObject) -> Iterator[JSONObject]:
    """Yield the events of a streamed reply: start, each block with its deltas, the usage, stop.

    A ping comes after the start of the first block, as recorded.
    """
    at_start = {**{name: count for name, count in usage.items() if name not in _FINAL_COUNTERS}, "output_tokens": 1}
    blank = Turn([], {}, "")
    start = message_json(blank, message_id=message_id, model=model, usage=at_start)
    yield {"type": "message_start", "message": {**start, "stop_reason": None}}
    for index, block in enumerate(turn.content):
        opening, deltas = _split_block(block, turn.input_texts.get(index))
        yield {"type": "content_block_start", "index": index, "content_block": opening}
        if index == 0:
            yield {"type": "ping"}
        for delta in deltas:
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    end: JSONObject = {
        "stop_reason": turn.stop_reason, "stop_sequence": turn.stop_sequence, "stop_details": turn.stop_details
    }  # fmt: skip
    if turn.container is not None:
        end["container"] = turn.container
    counted = {name: usage[name] for name in _CUMULATIVE_COUNTERS if name in usage}
    yield {"type": "message_delta", "delta": end, "usage": counted, **_context_management(turn)}
    yield {"type": "message_stop"}


def _context_management(turn: Turn) -> JSONObject:
    return {} if turn.applied_edits is None else {"context_management": {"applied_edits": list(turn.applied_edits)}}


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
