"""What a server sends without end, or too slowly, ends: heads, refusals and counts; and what is given up is charged."""

from __future__ import annotations

from dataclasses import replace
from unittest.mock import patch

import anyio
import pytest

from agentkit import Agent, ModelError, Retry
from agentkit.models.wire import exchange as wire_exchange
from tests.models.direct.direct_model import MODEL, QUESTION, model_at
from tests.models.misbehaving.replies import JSON, REPLY, head, sized
from tests.models.misbehaving.server import Exchange, HangUp

pytestmark = pytest.mark.anyio


async def drip(exchange: Exchange, first: bytes, piece: bytes, wait_s: float = 0.01) -> None:
    await exchange.say(first)
    while True:
        await exchange.say(piece)
        await anyio.sleep(wait_s)


ENDLESS = (JSON, "content-length: 1000000000")


async def test_a_refusal_that_never_ends_is_one_all_the_same() -> None:
    async def refuse(exchange: Exchange) -> None:
        await drip(exchange, head("500 Oops", *ENDLESS) + b'{"error": ', b" ")

    async with model_at(refuse) as (model, _):
        with pytest.raises(ModelError) as caught:
            async with replace(model, idle_timeout_s=1).stream(QUESTION):
                pass
        assert (caught.value.status, caught.value.is_retryable) == (500, True)


@pytest.mark.parametrize(("piece", "wait_s"), [(b" ", 0.01), (b" " * 300_000, 0)])
async def test_a_count_that_never_ends_is_none(piece: bytes, wait_s: float) -> None:
    async def count(exchange: Exchange) -> None:
        await drip(exchange, head("200 OK", *ENDLESS), piece, wait_s)

    async with model_at(count) as (model, _):
        idle_timeout_s = 0.2 if wait_s else 60
        assert await replace(model, idle_timeout_s=idle_timeout_s).count_tokens(QUESTION) is None


@pytest.mark.parametrize(
    ("first", "piece"), [(b"HTTP/1.1 200 OK\r\nx: ", b"y"), (b"", b"HTTP/1.1 102 Processing\r\n\r\n")]
)
async def test_a_head_that_never_ends_is_given_up(first: bytes, piece: bytes) -> None:
    async def answer(exchange: Exchange) -> None:
        await drip(exchange, first, piece, 0.05)

    async with model_at(answer) as (model, _):
        with (
            patch.object(wire_exchange, "HEAD_TIMEOUT_S", 0.2),
            pytest.raises(ModelError, match="the head of its") as caught,
        ):
            async with replace(model, idle_timeout_s=5).stream(QUESTION):
                pass
        assert (caught.value.kind, caught.value.is_retryable) == ("timeout_error", True)


async def test_a_request_that_is_given_up_before_its_first_byte_is_charged_its_prompt() -> None:
    async def say_nothing(exchange: Exchange) -> None:
        await exchange.hang()

    async with model_at(say_nothing) as (model, _):
        retry = Retry(max_attempts=2, idle_timeout_s=0.5, first_wait_s=0)
        result = await Agent("a", model=MODEL, retry=retry).run("Hi", client=model.client)
    assert (str(result.outcome), result.usage.aborted_requests, result.usage.requests) == ("failed", 2, 0)
    assert result.usage.prompt_tokens > 0
    assert 0 < result.cost.estimated_usd == result.cost.usd


async def test_what_is_no_http_is_tried_again_where_the_address_has_answered_before() -> None:
    async def answer(exchange: Exchange) -> None:
        if exchange.number == 2:
            await exchange.say(b"\0" + sized(REPLY))
            raise HangUp
        await exchange.say(sized(REPLY))

    async with model_at(answer) as (model, _):
        agent = Agent("a", model=MODEL, retry=Retry(first_wait_s=0))
        assert [(await agent.run("Hi", client=model.client)).ok for _ in range(2)] == [True, True]
