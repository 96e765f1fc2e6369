"""What a server sends: heads, bodies and chunks in bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TypeAlias

Event: TypeAlias = Mapping[str, object]

START: Event = {
    "type": "message_start",
    "message": {"id": "m", "model": "claude-haiku-5-5", "usage": {"input_tokens": 3}},
}
EVENTS: Sequence[Event] = (
    START,
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Tea."}},
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}},
    {"type": "message_stop"},
)


def sse(*events: Event) -> bytes:
    texts = [(str(one["type"]).encode(), json.dumps(one).encode()) for one in events]
    return b"".join(b"event: %b\ndata: %b\n\n" % text for text in texts)


REPLY = sse(*EVENTS)
SSE = "content-type: text/event-stream"


def head(status: str, *fields: str) -> bytes:
    return "\r\n".join((f"HTTP/1.1 {status}", *fields, "", "")).encode("latin-1")


def sized(body: bytes, status: str = "200 OK", *fields: str) -> bytes:
    return head(status, *(fields or (SSE,)), f"content-length: {len(body)}") + body


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


CHUNKED = head("200 OK", SSE, "transfer-encoding: chunked")
LAST = b"0\r\n\r\n"
JSON = "content-type: application/json"
HTML = "content-type: text/html"


def error_body(kind: str, message: str = "no", **more: object) -> bytes:
    return json.dumps({"type": "error", "error": {"type": kind, "message": message, **more}}).encode()


def encoded(body: bytes, name: str) -> bytes:
    return sized(body, "200 OK", SSE, f"content-encoding: {name}")
