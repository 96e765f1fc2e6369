"""The SDK's client over our connections: the same answers and errors as over its own."""

from __future__ import annotations

import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from itertools import pairwise

import anthropic
import anyio
import anyio.abc
import httpx2
import pytest

from agentkit import Agent, tool
from agentkit.models.sdk.transport import SdkTransport, open_http_client
from agentkit.simulator import Reply, Script, Simulator
from tests.models.wire.certificates import certificates
from tests.models.wire.raw_server import OK, answering, read_request, serving

pytestmark = pytest.mark.anyio

PROXY_VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"


@asynccontextmanager
async def client_of(kind: str) -> AsyncGenerator[httpx2.AsyncClient]:
    """An HTTP client with our transport, or one with its own."""
    tls = certificates().client
    transport = SdkTransport(tls) if kind == "ours" else httpx2.AsyncHTTPTransport(verify=tls)
    timeout = httpx2.Timeout(0.05, connect=5)
    async with httpx2.AsyncClient(transport=transport, timeout=timeout, follow_redirects=True) as client:
        yield client


@pytest.fixture(params=["ours", "its own"])
async def client(request: pytest.FixtureRequest) -> AsyncGenerator[httpx2.AsyncClient]:
    async with client_of(request.param) as client:
        yield client


async def test_a_request_and_its_response_pass_unchanged(client: httpx2.AsyncClient) -> None:
    received: list[bytes] = []

    async def answer(stream: anyio.abc.ByteStream) -> None:
        while True:
            received.append(await read_request(stream))
            await stream.send(
                b"HTTP/1.1 201 Made\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\ncontent-length: 3\r\n\r\ntea"
            )

    async with serving(answer) as server:
        url = f"http://127.0.0.1:{server.port}/v1/m%20x?beta=true&b"
        headers = {"X-Api-Key": "k", "Accept-Encoding": "gzip", "User-Agent": "agent", "Accept": "text/event-stream"}
        response = await client.post(url, content=b'{"a": 1}', headers=headers)
    assert (response.status_code, response.content, response.url) == (201, b"tea", httpx2.URL(url))
    assert response.headers.get_list("set-cookie") == ["a=1", "b=2"]
    head, _, body = b"".join(received).partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    assert (first, body) == (b"POST /v1/m%20x?beta=true&b HTTP/1.1", b'{"a": 1}')
    assert {line.split(b":")[0].lower(): line.split(b": ")[1] for line in lines} == {
        b"host": b"127.0.0.1:%d" % server.port,
        b"x-api-key": b"k",
        b"accept-encoding": b"gzip",
        b"accept": b"text/event-stream",
        b"user-agent": b"agent",
        b"connection": b"keep-alive",
        b"content-length": b"8",
    }


async def test_a_body_in_pieces_and_a_redirect_are_sent(client: httpx2.AsyncClient) -> None:
    async def pieces() -> AsyncGenerator[bytes]:
        for piece in (b"tea", b" for", b" two"):
            yield piece

    redirecting = answering(b"HTTP/1.1 307 Elsewhere\r\nlocation: /other\r\ncontent-length: 0\r\n\r\n")
    async with serving(redirecting) as server, serving(answering(OK)) as other:
        assert (await client.post(f"http://127.0.0.1:{other.port}", content=pieces())).content == b"tea"
        with pytest.raises(httpx2.TooManyRedirects):
            await client.post(f"http://127.0.0.1:{server.port}", content=b"x")


BROKEN: dict[str, tuple[bytes, type[Exception]]] = {
    "nothing": (b"", httpx2.RemoteProtocolError),
    "half a head": (b"HTTP/1.1 200 OK\r\nx", httpx2.RemoteProtocolError),
    "half a body": (b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\ntea", httpx2.RemoteProtocolError),
    "half a chunk": (CHUNKED + b"9\r\ntea", httpx2.RemoteProtocolError),
    "junk": (b"220 mail.example.com ESMTP\r\n\r\n", httpx2.RemoteProtocolError),
    "a wrong length": (b"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n", httpx2.RemoteProtocolError),
    "a wrong chunk": (CHUNKED + b"x\r\n", httpx2.RemoteProtocolError),
}


@pytest.mark.parametrize("name", BROKEN)
async def test_a_broken_response_is_the_error_of_the_own_transport(client: httpx2.AsyncClient, name: str) -> None:
    data, kind = BROKEN[name]
    async with serving(answering(data, then_close=True)) as server:
        with pytest.raises(kind):
            await client.post(f"http://127.0.0.1:{server.port}", content=b"x")
        await server.until_all_closed()


@pytest.mark.parametrize("begun", [b"", CHUNKED])
async def test_silence_is_the_error_of_the_own_transport(client: httpx2.AsyncClient, begun: bytes) -> None:
    async def stall(stream: anyio.abc.ByteStream) -> None:
        await read_request(stream)
        await stream.send(begun)
        await stream.receive()

    async with serving(stall) as server:
        with pytest.raises(httpx2.ReadTimeout):
            await client.post(f"http://127.0.0.1:{server.port}", content=b"x")
        await server.until_all_closed()


async def test_what_cannot_be_sent_is_the_error_of_the_own_transport(client: httpx2.AsyncClient) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = int(listener.getsockname()[1])
    with pytest.raises(httpx2.ConnectError):
        await client.get(f"http://127.0.0.1:{port}")
    with pytest.raises(httpx2.UnsupportedProtocol):
        await client.get("localhost:1/x")
    async with serving(answering(OK)) as server:
        with pytest.raises(httpx2.LocalProtocolError, match=r"^Illegal header"):
            await client.get(f"http://127.0.0.1:{server.port}", headers={"x": "a\nb"})
    async with serving(answering(OK), tls=certificates().server) as server:
        assert (await client.get(f"https://localhost:{server.port}")).content == b"tea"
        with pytest.raises(httpx2.ConnectError):
            await client.get(f"https://127.0.0.1:{server.port}")


@pytest.fixture
def without_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXY_VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("without_proxies")
async def test_the_client_that_is_opened_for_runs_has_these_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = open_http_client()
    assert opened is not None
    assert isinstance(opened._transport, SdkTransport)
    await opened.aclose()
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    assert open_http_client() is None


@pytest.mark.usefixtures("without_proxies")
async def test_what_leaves_the_socket_begins_with_what_left_it_before() -> None:
    """Ten turns: the server keeps the bytes as it read them off its socket."""

    @tool(effect="read")
    def price(item: str) -> int:
        """Look up a price."""
        return len(item)

    simulator = Simulator(Script(*[Reply.tool("price", item=f"tea {n}") for n in range(9)], Reply.text("Tea.")))
    async with simulator.serve() as base_url:
        http = open_http_client()
        async with anthropic.AsyncAnthropic(api_key="any", base_url=base_url, http_client=http) as client:
            agent = Agent(
                "seller", model="claude-opus-5-5", instructions="Be brief. " * 600, tools=[price], client=client
            )
            assert (await agent.run("Tea?")).output == "Tea."
    heads = [body[: body.rindex(b'],"model":')] for body in simulator.bodies]
    assert len(heads) == 10
    for before, after in pairwise(heads):
        assert after.startswith(before)
