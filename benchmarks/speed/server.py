"""A Messages API with minimal cost per request: canned replies over HTTP, in a process of its own.

    python -m benchmarks.speed.server

Prints its port. The path of a request specifies its reply, so that the server keeps no state:

    /turns=10;calls=2;pieces=10;delay_ms=0;gap_ms=0/v1/messages

A conversation ends with text after so many `turns`; the ones before call `look` so many times. `delay_ms` is waited
before a reply and `gap_ms` before each of its events; at 0 a reply is one write. Nothing is parsed but the length of a
request: the turn is derived from the number of tool results in its body.
"""

from __future__ import annotations

import asyncio
import functools
import gc
import json
import os
import re
from dataclasses import dataclass, fields

HEADERS = (
    b"HTTP/1.1 200 OK\r\ndate: Wed, 25 Nov 2026 20:00:00 GMT\r\nserver: speed\r\nconnection: keep-alive\r\n"
    b"request-id: req_011CSHoEeqs5C35K2UUqR7Fy\r\nanthropic-organization-id: 5f2b6f3e-6f0a-4c53-9b0e-0a5b0f5b9f10\r\n"
    b"anthropic-ratelimit-requests-limit: 1000000\r\nanthropic-ratelimit-requests-remaining: 999999\r\n"
    b"anthropic-ratelimit-requests-reset: 2026-11-25T20:00:00Z\r\n"
    b"anthropic-ratelimit-input-tokens-limit: 4000000000\r\nanthropic-ratelimit-input-tokens-remaining: 3999999000\r\n"
    b"anthropic-ratelimit-input-tokens-reset: 2026-11-25T20:00:00Z\r\n"
    b"anthropic-ratelimit-output-tokens-limit: 800000000\r\nanthropic-ratelimit-output-tokens-remaining: 799999000\r\n"
    b"anthropic-ratelimit-output-tokens-reset: 2026-11-25T20:00:00Z\r\n"
)
SENTENCE = "The price is in the list that came with the last delivery, so I look it up there first. "
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)


@dataclass(frozen=True)
class ReplyPlan:
    """The shape of a conversation, as its path specifies it."""

    turns: int = 10
    calls: int = 2
    pieces: int = 10
    """Deltas of each block."""
    delay_ms: int = 0
    gap_ms: int = 0

    @classmethod
    @functools.cache
    def from_path(cls, path: bytes) -> ReplyPlan:
        """Read the first part of a path."""
        given = dict(pair.split("=") for pair in path.split(b"/")[1].decode().split(";") if "=" in pair)
        return cls(**{name: int(value) for name, value in given.items()})

    def path(self) -> str:
        """Return the first part of the path that specifies it."""
        return ";".join(f"{one.name}={getattr(self, one.name)}" for one in fields(self))


def blocks_of(play: ReplyPlan, turn: int) -> list[dict[str, object]]:
    """Return the content of a turn, counted from 0: some text, and calls in all turns but the last."""
    text = (SENTENCE * (play.pieces // 5 + 1))[: play.pieces * 15]
    blocks: list[dict[str, object]] = [{"type": "text", "text": text}]
    if turn < play.turns - 1:
        for number in range(play.calls):
            arguments = {"item": f"tea {turn}", "shop": "the one at the corner", "place": number}
            blocks.append({"type": "tool_use", "id": f"toolu_{turn}_{number}", "name": "look", "input": arguments})
    return blocks


def message_of(blocks: list[dict[str, object]]) -> dict[str, object]:
    """Return a whole message with these blocks."""
    usage = {"input_tokens": 900, "output_tokens": 90, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0}
    stop = "tool_use" if len(blocks) > 1 else "end_turn"
    return {
        "id": "msg_01XFDUDYJgAACzvnptvVoYEL", "type": "message", "role": "assistant", "model": "claude-opus-5-5",
        "content": blocks, "stop_reason": stop, "stop_sequence": None, "usage": usage,
    }  # fmt: skip


def events_of(play: ReplyPlan, turn: int) -> list[bytes]:
    """Return the same turn as a stream of events."""
    blocks = blocks_of(play, turn)
    message = message_of(blocks)
    events: list[dict[str, object]] = [
        {"type": "message_start", "message": {**message, "content": [], "stop_reason": None}}, {"type": "ping"},
    ]  # fmt: skip
    for index, block in enumerate(blocks):
        is_text = block["type"] == "text"
        whole = str(block["text"]) if is_text else json.dumps(block["input"])
        start = {**block, "text": ""} if is_text else {**block, "input": {}}
        kind, name = ("text_delta", "text") if is_text else ("input_json_delta", "partial_json")
        step = -(-len(whole) // play.pieces)
        parts = [whole[at : at + step] for at in range(0, len(whole), step)]
        events.append({"type": "content_block_start", "index": index, "content_block": start})
        deltas = ({"type": kind, name: part} for part in parts)
        events.extend({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas)
        events.append({"type": "content_block_stop", "index": index})
    delta = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    events.append({"type": "message_delta", "delta": delta, "usage": message["usage"]})
    events.append({"type": "message_stop"})
    return [f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in events]


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


@functools.cache
def streamed_writes(play: ReplyPlan, turn: int) -> list[bytes]:
    """Return the writes of a streamed reply: one for all events, or one for each."""
    events = events_of(play, turn)
    head = HEADERS + b"content-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n"
    if not play.gap_ms:
        return [head + _chunk(b"".join(events)) + b"0\r\n\r\n"]
    return [head, *map(_chunk, events), b"0\r\n\r\n"]


@functools.cache
def whole_write(play: ReplyPlan, turn: int) -> list[bytes]:
    """Return the one write of a reply that is not streamed."""
    body = json.dumps(message_of(blocks_of(play, turn))).encode()
    return [HEADERS + b"content-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body) + body]


class Connection(asyncio.Protocol):
    """One connection, one request after another."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport, and wait for the first request."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._received = bytearray()
        self._needed = 0
        """Bytes of the request that is coming; 0: its head is not whole yet."""

    def data_received(self, data: bytes) -> None:
        """Answer when a request is whole."""
        self._received += data
        if not self._needed:
            end = self._received.find(b"\r\n\r\n")
            if end < 0:
                return
            length = _LENGTH.search(self._received, 0, end + 2)
            self._needed = end + 4 + (int(length[1]) if length else 0)
        if len(self._received) >= self._needed:
            request = bytes(self._received)
            self._received.clear()
            self._needed = 0
            self._answer(request)

    def _answer(self, request: bytes) -> None:
        play = ReplyPlan.from_path(request.split(b" ", 2)[1])
        turn = request.count(b'"tool_result"') // play.calls if play.calls else play.turns
        is_streamed = b'"stream":true' in request or b'"stream": true' in request
        parts = (streamed_writes if is_streamed else whole_write)(play, turn)
        if play.delay_ms:
            asyncio.get_running_loop().call_later(play.delay_ms / 1000, self._write, parts, play.gap_ms / 1000)
        else:
            self._write(parts, play.gap_ms / 1000)

    def _write(self, parts: list[bytes], gap_s: float) -> None:
        if len(parts) == 1:
            self._transport.write(parts[0])
            return
        loop = asyncio.get_running_loop()
        now = loop.time()
        for number, part in enumerate(parts):
            loop.call_at(now + number * gap_s, self._transport.write, part)


async def main() -> None:
    """Serve until it is killed."""
    server = await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    gc.freeze()
    await server.serve_forever()


if __name__ == "__main__":
    if core := os.environ.get("SPEED_CORE"):
        os.sched_setaffinity(0, {int(core)})
    asyncio.run(main())
