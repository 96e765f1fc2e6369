"""The events of a reply are the same in batches and one after the other, however its bytes are cut."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import anthropic
import anyio
import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentkit import Agent, RunResult
from agentkit.errors import ModelError
from agentkit.messages.message import user
from agentkit.messages.request import EncodedPrefix, Request
from agentkit.models import ClaudeModel, ReadsBatches
from agentkit.run.events import TextDelta

EVENTS: list[dict[str, Any]] = [
    {"type": "message_start", "message": {"id": "m", "model": "claude-haiku-5-5", "usage": {"input_tokens": 9}}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    *({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}} for text in "Tea."),
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}},
    {"type": "message_stop"},
]
QUESTION = Request(EncodedPrefix.encode("Be brief.", []), [user("Hi")], {"model": "claude-haiku-5-5", "max_tokens": 5})


def sse(events: Sequence[object]) -> bytes:
    return b"".join(b"event: one\ndata: %b\n\n" % json.dumps(event).encode() for event in events)


def model(*pieces: bytes) -> ClaudeModel:
    async def body() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    def answer(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=body())

    http = httpx2.AsyncClient(transport=httpx2.MockTransport(answer))
    return ClaudeModel("claude-haiku-5-5", anthropic.AsyncAnthropic(api_key="k", max_retries=0, http_client=http))


async def read_batches(*pieces: bytes) -> list[Sequence[object]]:
    async with model(*pieces).stream(QUESTION) as events:
        assert isinstance(events, ReadsBatches)
        batches: list[Sequence[object]] = []
        while batch := await events.batch():
            batches.append(batch)
        return batches


@pytest.mark.anyio
async def test_what_is_received_together_is_a_batch() -> None:
    batches = await read_batches(sse(EVENTS[:3]), b": a comment\n\n", sse(EVENTS[3:4]) + sse(EVENTS[4:])[:-9], b"")
    assert batches == [EVENTS[:3], EVENTS[3:-1]]


@pytest.mark.anyio
async def test_events_can_be_read_by_the_batch_and_one_by_one_in_turn() -> None:
    async with model(sse(EVENTS)).stream(QUESTION) as events:
        assert isinstance(events, ReadsBatches)
        assert await anext(events) == EVENTS[0]
        assert [event async for event in events] == EVENTS[1:]
        assert await events.batch() == ()


@pytest.mark.anyio
async def test_what_is_not_json_is_an_error_and_what_is_no_object_is_left_out() -> None:
    assert await read_batches(sse([1, EVENTS[0], None, "x"])) == [EVENTS[:1]]
    with pytest.raises(ModelError, match="not JSON"):
        await read_batches(sse(EVENTS[:1]) + b"event: one\ndata: {\n\n")


class InPieces:
    """A model whose events come one by one, or in batches of given lengths."""

    name = "claude-haiku-5-5"

    def __init__(self, wrap: Callable[[], AsyncIterator[dict[str, Any]]]) -> None:
        self.wrap = wrap

    @asynccontextmanager
    async def stream(self, _: Request) -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
        yield self.wrap()


class Batches:
    def __init__(self, sizes: list[int]) -> None:
        self.sizes, self.left = sizes, list(EVENTS)

    def __aiter__(self) -> Batches:
        return self

    async def __anext__(self) -> dict[str, Any]:
        raise AssertionError("read one by one")

    async def batch(self) -> list[dict[str, Any]]:
        size = self.sizes.pop() if self.sizes else 3
        batch, self.left = self.left[:size], self.left[size:]
        return batch


async def one_by_one() -> AsyncIterator[dict[str, Any]]:
    for event in EVENTS:
        yield event


async def run(wrap: Callable[[], AsyncIterator[dict[str, Any]]]) -> tuple[RunResult[str], list[str]]:
    async with Agent("reader", model=InPieces(wrap)).stream("Hi") as handle:
        deltas = [event.text async for event in handle if isinstance(event, TextDelta)]
    return handle.result, deltas


@settings(max_examples=10)
@given(st.lists(st.integers(1, 9), max_size=6))
def test_a_turn_and_its_deltas_are_the_same_in_batches(sizes: list[int]) -> None:
    async def both() -> None:
        batched, deltas = await run(lambda: Batches(sizes))
        single, expected = await run(one_by_one)
        assert deltas == expected == list("Tea.")
        assert (batched.messages, batched.usage, batched.cost) == (single.messages, single.usage, single.cost)

    anyio.run(both)
