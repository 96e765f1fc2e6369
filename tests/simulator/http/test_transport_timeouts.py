"""Read timeouts in-process and over a socket: silence ends the wait, any byte begins it anew."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import anthropic
import anyio
import httpx2
import pytest
import trio
from trio.testing import MockClock

from agentkit.simulator import Reply, Script, Simulator
from agentkit.simulator.http.transport import SimulatorTransport
from tests.simulator.bodies import HEADERS, body

SAID = Reply.text("Tea is four euros. " * 4)


@asynccontextmanager
async def http_client(way: str, *, read_s: float | None) -> AsyncGenerator[tuple[httpx2.AsyncClient, Simulator]]:
    simulator = Simulator(Script(lambda _: SAID))
    timeout = httpx2.Timeout(None, read=read_s)
    if way == "in-process":
        transport = SimulatorTransport(simulator)
        async with httpx2.AsyncClient(transport=transport, base_url="http://x", timeout=timeout) as http:
            yield http, simulator
    else:
        async with simulator.serve() as base_url, httpx2.AsyncClient(base_url=base_url, timeout=timeout) as http:
            yield http, simulator


async def read(http: httpx2.AsyncClient, fault: str, *, stream: bool = True) -> bytes:
    headers = HEADERS | ({"x-agentkit-fault": fault} if fault else {})
    response = await http.post("/v1/messages", json=body(stream=stream), headers=headers)
    return re.sub(rb"msg_\w+", b"msg", response.content)  # the id of a reply, which no other one has


WAYS = pytest.mark.parametrize("way", ["in-process", "over a socket"])


@WAYS
@pytest.mark.anyio
async def test_bytes_that_drip_reset_the_timer_and_silence_lets_it_fire(way: str) -> None:
    async with http_client(way, read_s=0.3) as (http, _):
        whole = await read(http, "")
        began = time.monotonic()
        assert await read(http, "drip:80,0.05") == whole
        assert time.monotonic() - began > 0.6  # far longer in all than the timer allows between two bytes
        with pytest.raises(httpx2.ReadTimeout):
            await read(http, "stall:100")
        assert await read(http, "") == whole


@WAYS
@pytest.mark.anyio
@pytest.mark.parametrize("fault", ["delay:60", "stall:0", "stall:1", "drip:1,60"])
@pytest.mark.parametrize("stream", [True, False])
async def test_silence_is_silence_wherever_it_begins(way: str, fault: str, stream: bool) -> None:
    async with http_client(way, read_s=0.1) as (http, simulator):
        with pytest.raises(httpx2.ReadTimeout):
            await read(http, fault, stream=stream)
        while simulator.ledger.concurrency:
            await anyio.sleep(0.01)
    assert len(simulator.ledger.rows) == 1


@WAYS
@pytest.mark.anyio
async def test_a_silence_that_ends_in_time_is_none(way: str) -> None:
    async with http_client(way, read_s=5) as (http, _):
        assert await read(http, "delay:0.1+stall:100,0.2") == await read(http, "")


@pytest.mark.anyio
async def test_the_sdk_tells_of_a_timeout_before_the_reply() -> None:
    client = Simulator(Script(lambda _: SAID), faults=["delay:60"]).client().with_options(timeout=0.1)
    with pytest.raises(anthropic.APITimeoutError):
        await client.messages.create(
            model="claude-opus-5-5", max_tokens=5, messages=[{"role": "user", "content": "Hi"}]
        )


def test_without_a_timeout_nothing_is_too_long() -> None:
    async def scene() -> None:
        async with http_client("in-process", read_s=None) as (http, _):
            whole = await read(http, "")
            assert await read(http, "stall:100,100000+delay:100000") == whole
        assert trio.current_time() >= 200_000

    trio.run(scene, clock=MockClock(autojump_threshold=0))


def test_the_timer_is_exact_and_each_piece_begins_it_anew() -> None:
    async def scene() -> None:
        async with http_client("in-process", read_s=10) as (http, _):
            whole = await read(http, "drip:50,9.9")
            assert trio.current_time() > 9.9 * len(whole) // 50
            began = trio.current_time()
            with pytest.raises(httpx2.ReadTimeout):
                await read(http, "drip:50,10.1")
            assert trio.current_time() - began == 10

    trio.run(scene, clock=MockClock(autojump_threshold=0))


@pytest.mark.anyio
async def test_a_body_can_be_closed_before_and_after_a_timeout() -> None:
    simulator = Simulator(Script(lambda _: SAID))
    transport = SimulatorTransport(simulator)
    headers = HEADERS | {"x-agentkit-fault": "stall:100"}
    request = httpx2.Request(
        "POST", "http://x/v1/messages", json=body(stream=True), headers=headers, extensions={"timeout": {"read": 0.1}}
    )
    await (await transport.handle_async_request(request)).aclose()
    response = await transport.handle_async_request(request)
    assert isinstance(response.stream, httpx2.AsyncByteStream)
    chunks = aiter(response.stream)
    assert len(await anext(chunks)) == 100
    with pytest.raises(httpx2.ReadTimeout):
        await anext(chunks)
    with pytest.raises(StopAsyncIteration):
        await anext(chunks)
    await response.aclose()
    assert [row.is_open for row in simulator.ledger.rows] == [False, False]
