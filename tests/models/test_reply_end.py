"""A reply is over when it says so: what the connection does afterwards costs nothing, and it is used again."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress

import anyio
import anyio.abc
import pytest
from anthropic import AsyncAnthropic

from agentkit import Agent, Retry, tool
from agentkit.messages import JSONObject
from agentkit.messages.request import Request

pytestmark = pytest.mark.anyio

USAGE = {"input_tokens": 3, "output_tokens": 1}
NOTHING: list[JSONObject] = []
START = {"id": "m", "type": "message", "role": "assistant", "model": "claude-haiku-5-5", "content": NOTHING}
ENDED = {"type": "message_stop"}


def turn(stop_reason: str, block: JSONObject) -> list[JSONObject]:
    return [
        {"type": "message_start", "message": {**START, "usage": USAGE}},
        {"type": "content_block_start", "index": 0, "content_block": block},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": stop_reason}, "usage": {"output_tokens": 2}},
        ENDED,
    ]


ANSWER = turn("end_turn", {"type": "text", "text": "Tea."})


def encoded(events: list[JSONObject]) -> bytes:
    return b"".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in events)


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


class Server:
    """Answers every request of a connection with the same reply, and then does what `after` says."""

    def __init__(self, after: bytes | None, reply: bytes = b"") -> None:
        self.after = after
        """Sent again and again behind the reply, which never ends. None: the body ends at once."""
        self.reply = reply or encoded(ANSWER)
        self.connections = self.requests = 0

    async def serve_connection(self, stream: anyio.abc.SocketStream) -> None:
        self.connections += 1
        with suppress(anyio.BrokenResourceError, anyio.EndOfStream, anyio.ClosedResourceError):
            async with stream:
                while True:
                    await self.read_request(stream)
                    self.requests += 1
                    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
                    await stream.send(head + chunk(self.reply))
                    while self.after is not None:
                        await anyio.sleep(0.02)
                        if self.after:
                            await stream.send(chunk(self.after))
                    await stream.send(b"0\r\n\r\n")

    async def read_request(self, stream: anyio.abc.SocketStream) -> None:
        data = b""
        while b"\r\n\r\n" not in data:
            data += await stream.receive()
        head, _, body = data.partition(b"\r\n\r\n")
        lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        left = int(lengths[0].split(b":")[1]) - len(body)
        while left > 0:
            left -= len(await stream.receive())

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[AsyncAnthropic]:
        listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
        async with listener, anyio.create_task_group() as tasks:
            tasks.start_soon(listener.serve, self.serve_connection)
            port = listener.extra(anyio.abc.SocketAttribute.local_port)
            async with AsyncAnthropic(api_key="any", base_url=f"http://127.0.0.1:{port}", max_retries=0) as client:
                yield client
            tasks.cancel_scope.cancel()


AFTER = {
    "silence": b"",
    "pings": encoded([{"type": "ping"}]),
    "an error event": encoded([{"type": "error", "error": {"type": "overloaded_error", "message": "no"}}]),
    "another reply": encoded(ANSWER),
    "no events at all": b"\xff\x00{",
}


@pytest.mark.parametrize("name", AFTER)
async def test_a_complete_reply_on_an_open_connection_is_the_answer(name: str) -> None:
    server = Server(AFTER[name])
    async with server.running() as client:
        agent = Agent("a", model="claude-haiku-5-5", client=client, retry=Retry(total_timeout_s=20, idle_timeout_s=20))
        with anyio.fail_after(15):
            result = await agent.run("Tea?")
    assert (result.output, result.usage.output_tokens) == ("Tea.", 2)
    assert server.requests == 1


REPLIES = {
    "the end marker of another API": encoded(ANSWER) + b"data: [DONE]\n\n",
    "no blank line at the end": encoded(ANSWER).rstrip(b"\n"),
}


@pytest.mark.parametrize("name", REPLIES)
async def test_how_the_bytes_end_behind_a_complete_reply_does_not_matter(name: str) -> None:
    server = Server(None, REPLIES[name])
    async with server.running() as client:
        agent = Agent("a", model="claude-haiku-5-5", client=client, retry=Retry(first_wait_s=0.001))
        outputs = [(await agent.run("Tea?")).output for _ in range(2)]
    assert (outputs, server.requests) == (["Tea.", "Tea."], 2)


async def test_a_connection_whose_replies_end_serves_a_hundred_turns() -> None:
    server = Server(None)
    async with server.running() as client:
        chat = Agent("a", model="claude-haiku-5-5", client=client).conversation()
        for _ in range(100):
            assert (await chat.send("Tea?")).ok
    assert (server.requests, server.connections) == (100, 1)


async def test_a_model_of_ones_own_is_closed_after_its_last_event() -> None:
    closed: list[str] = []

    class Endless:
        name = "local"

        @asynccontextmanager
        async def stream(self, request: Request) -> AsyncGenerator[AsyncIterator[JSONObject]]:
            async def events() -> AsyncGenerator[JSONObject]:
                try:
                    for event in ANSWER:
                        yield event
                    await anyio.sleep_forever()
                finally:
                    closed.append("events")

            yield events()

    with anyio.fail_after(10):
        assert (await Agent("a", model=Endless()).run("Tea?")).output == "Tea."
    assert closed == ["events"]


async def test_a_reply_that_never_says_so_is_not_over() -> None:
    @tool(effect="write")
    async def order() -> str:
        """Order."""
        raise AssertionError

    class Broken:
        name = "local"

        @asynccontextmanager
        async def stream(self, request: Request) -> AsyncGenerator[AsyncIterator[JSONObject]]:
            async def events() -> AsyncGenerator[JSONObject]:
                call: JSONObject = {"type": "tool_use", "id": "toolu_1", "name": "order", "input": {}}
                for event in turn("tool_use", call)[:-1]:
                    yield event

            yield events()

    agent = Agent("a", model=Broken(), tools=[order], retry=Retry(max_attempts=2, first_wait_s=0.001))
    result = await agent.run("Tea?")
    assert (result.outcome, result.usage.requests) == ("failed", 2)  # both reported their usage
