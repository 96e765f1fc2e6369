"""The client that we open ourselves: the same answers over every transport, and connections that are used again."""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator
from contextlib import suppress
from itertools import pairwise

import anyio
import anyio.abc
import httpx2
import pytest
import sniffio

from agentkit import Agent, tool
from agentkit.models.http_transport import MAX_IDLE_CONNECTIONS, ConnectionPool, open_http_client
from agentkit.simulator import Reply, Script, Simulator

pytestmark = pytest.mark.anyio

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\ntea"


@pytest.fixture(params=["with aiohttp", "without aiohttp", "with a proxy"])
def surroundings(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    if request.param != "with aiohttp":
        monkeypatch.setitem(sys.modules, "aiohttp", None)
    if request.param == "with a proxy":
        monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    return str(request.param)


async def test_a_run_takes_the_transport_that_there_is(surroundings: str, monkeypatch: pytest.MonkeyPatch) -> None:
    simulator = Simulator(Script(lambda _: Reply.text("Tea is 4 EUR.")))
    async with simulator.serve() as base_url:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", base_url)
        monkeypatch.setenv("ANTHROPIC_API_KEY", "any")
        agent = Agent("seller", model="claude-opus-5-5")
        assert [(await agent.run("Tea?")).output for _ in range(2)] == ["Tea is 4 EUR."] * 2


async def test_what_leaves_the_socket_begins_with_what_left_it_before(
    surroundings: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten turns: the server keeps the bytes as it read them off its socket."""

    @tool(effect="read")
    def price(item: str) -> int:
        """Look up a price."""
        return len(item)

    simulator = Simulator(Script(*[Reply.tool("price", item=f"tea {n}") for n in range(9)], Reply.text("Tea.")))
    async with simulator.serve() as base_url:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", base_url)
        monkeypatch.setenv("ANTHROPIC_API_KEY", "any")
        agent = Agent("seller", model="claude-opus-5-5", instructions="Be brief. " * 600, tools=[price])
        assert (await agent.run("Tea?")).output == "Tea."
    heads = [body[: body.rindex(b'],"model":')] for body in simulator.bodies]
    assert len(heads) == 10
    for before, after in pairwise(heads):
        assert after.startswith(before)


async def test_aiohttp_is_for_asyncio_and_a_proxy_for_the_sdk_to_find(surroundings: str) -> None:
    client = open_http_client()
    if surroundings == "with a proxy":
        assert client is None
        return
    assert client is not None
    is_aiohttp = "aiohttp" in type(client).__name__.lower()
    assert is_aiohttp == (surroundings == "with aiohttp" and sniffio.current_async_library() == "asyncio")
    await client.aclose()


class Counted:
    """Transports of the usual kind, counted."""

    def __init__(self) -> None:
        self.made: list[httpx2.AsyncHTTPTransport] = []
        self._context = httpx2.create_ssl_context()  # one for all, as it takes 20 ms

    def __call__(self) -> httpx2.AsyncHTTPTransport:
        self.made.append(httpx2.AsyncHTTPTransport(verify=self._context))
        return self.made[-1]


async def answer(stream: anyio.abc.SocketStream) -> None:
    async with stream:
        with suppress(anyio.EndOfStream, anyio.BrokenResourceError):
            while await stream.receive():
                await stream.send(ANSWER)


@pytest.fixture
async def url() -> AsyncGenerator[str]:
    async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, answer)
        yield f"http://127.0.0.1:{listener.extra(anyio.abc.SocketAttribute.local_port)}"
        tasks.cancel_scope.cancel()


async def test_a_connection_is_used_again_when_its_reply_is_closed(url: str) -> None:
    counted = Counted()
    async with httpx2.AsyncClient(transport=ConnectionPool(counted)) as client:
        async with client.stream("GET", url), client.stream("GET", url):
            assert len(counted.made) == 2
        for _ in range(3):
            assert (await client.get(url)).content == b"tea"
    assert len(counted.made) == 2


async def test_a_connection_that_failed_or_was_left_is_not_used_again(url: str) -> None:
    counted = Counted()
    async with httpx2.AsyncClient(transport=ConnectionPool(counted)) as client:
        with pytest.raises(httpx2.ConnectError):
            await client.get("http://127.0.0.1:9")
        with anyio.CancelScope() as scope:
            scope.cancel()
            await client.get(url)
        assert (await client.get(url)).content == b"tea"
    assert len(counted.made) == 3


async def test_free_connections_have_an_upper_limit(url: str) -> None:
    counted = Counted()
    connections = ConnectionPool(counted)
    client = httpx2.AsyncClient(transport=connections, timeout=None)
    async with client, anyio.create_task_group() as tasks:
        release = anyio.Event()

        async def hold() -> None:
            async with client.stream("GET", url):
                await release.wait()

        for _ in range(MAX_IDLE_CONNECTIONS + 5):
            tasks.start_soon(hold)
        while len(counted.made) < MAX_IDLE_CONNECTIONS + 5:
            await anyio.sleep(0.01)
        release.set()
    assert len(counted.made) == MAX_IDLE_CONNECTIONS + 5


async def test_what_is_in_use_at_the_end_closes_with_its_reply(url: str) -> None:
    connections = ConnectionPool(Counted())
    client = httpx2.AsyncClient(transport=connections)
    async with client.stream("GET", url) as reply:
        await client.aclose()
        assert await reply.aread() == b"tea"
