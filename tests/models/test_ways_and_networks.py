"""Every way to the API in networks of every kind: behind a proxy, over IPv6, and left in the middle of a reply."""

from __future__ import annotations

import os
import random
from contextlib import suppress
from pathlib import Path
from unittest.mock import patch

import anyio
import anyio.abc
import pytest

from agentkit import Agent, Retry
from agentkit.models.claude import ClaudeModel
from tests.models.misbehaving.replies import CHUNKED, LAST, REPLY, chunk, sized
from tests.models.misbehaving.server import Exchange, MisbehavingServer
from tests.models.test_messages_endpoint import WAYS, connections_of
from tests.models.wire.certificates import certificates
from tests.models.wire.raw_server import answering, read_request, serving

pytestmark = pytest.mark.anyio

MODEL = "claude-haiku-5-5"


async def pass_on(source: anyio.abc.ByteStream, target: anyio.abc.ByteStream) -> None:
    with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
        async for data in source:
            await target.send(data)
        await target.aclose()


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_run_behind_a_proxy_goes_through_it(scheme: str, tmp_path: Path) -> None:
    (tmp_path / "authority.pem").write_text(certificates().authority)
    lines: list[bytes] = []

    async def proxy(stream: anyio.abc.ByteStream) -> None:
        lines.append((await read_request(stream)).partition(b"\r\n")[0])
        if scheme == "http":
            await stream.send(sized(REPLY))
            return
        async with await anyio.connect_tcp("127.0.0.1", server.port) as upstream, anyio.create_task_group() as tasks:
            await stream.send(b"HTTP/1.1 200 Connected\r\n\r\n")
            tasks.start_soon(pass_on, upstream, stream)
            await pass_on(stream, upstream)

    tls = certificates().server if scheme == "https" else None
    async with serving(answering(sized(REPLY)), tls=tls) as server, serving(proxy) as between:
        place = f"localhost:{server.port}"
        environment = {
            "ANTHROPIC_API_KEY": "k",
            "ANTHROPIC_BASE_URL": f"{scheme}://{place}",
            "SSL_CERT_FILE": str(tmp_path / "authority.pem"),
            f"{scheme}_proxy": f"http://127.0.0.1:{between.port}",
        }
        for exceptions in ("", "localhost"):
            with patch.dict(os.environ, environment, no_proxy=exceptions):
                assert (await Agent("a", model=MODEL).run("Hi")).output == "Tea."
    seen = {"http": f"POST http://{place}/v1/messages HTTP/1.1", "https": f"CONNECT {place} HTTP/1.1"}
    assert lines == [seen[scheme].encode()]


@pytest.mark.parametrize("way", WAYS)
async def test_every_way_reaches_an_address_of_version_6(way: str) -> None:
    heads: list[bytes] = []

    async def answer(stream: anyio.abc.ByteStream) -> None:
        heads.append((await read_request(stream)).lower())
        await stream.send(sized(REPLY))

    async with serving(answer, host="::1") as server, WAYS[way](f"http://[::1]:{server.port}/v2") as client:
        assert (await Agent("a", model=ClaudeModel(MODEL, client)).run("Hi")).output == "Tea."
    assert heads[0].startswith(b"post /v2/v1/messages ")
    assert b"host: [::1]:%d\r\n" % server.port in heads[0]


async def answer_slowly(exchange: Exchange) -> None:
    await exchange.say(CHUNKED)
    for start in range(0, len(REPLY), 90):
        await anyio.sleep(0.001)
        await exchange.say(chunk(REPLY[start : start + 90]))
    await exchange.say(LAST)


@pytest.mark.parametrize("way", WAYS)
async def test_runs_that_are_left_at_any_moment_leave_no_connection(way: str) -> None:
    moments, server = random.Random(way), MisbehavingServer(answer_slowly)
    async with server.serving(), WAYS[way](server.url) as client:
        agent = Agent("a", model=ClaudeModel(MODEL, client), retry=Retry(max_attempts=1))

        async def cancel() -> None:
            with anyio.move_on_after(moments.random() * 0.05):
                await agent.run("Hi")

        async def stop_reading() -> None:
            events_left = moments.randint(0, 5)
            async with agent.stream("Hi") as run:
                async for _ in run:
                    events_left -= 1
                    if events_left <= 0:
                        return

        async with anyio.create_task_group() as tasks:
            for number in range(40):
                tasks.start_soon(cancel if number % 2 else stop_reading)
        before = server.requests
        assert (await agent.run("Hi")).output == "Tea."
        assert server.requests == before + 1
        await client.close()
        assert await connections_of(server, 0) == 0
