"""The simulator over real sockets: HTTP as clients speak it, well or badly."""

from __future__ import annotations

import gc
import json
import statistics
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import cast

import anyio
import httpx2
import pytest
from anyio.abc import SocketStream

from agentkit.errors import ConfigurationError
from agentkit.simulator import Reply, Script, Simulator
from agentkit.simulator.http.http_server import open_listener, serve_forever
from agentkit.simulator.http.wire import MAX_MESSAGE_BODY_BYTES, Response
from tests.simulator.bodies import HEADERS, body

pytestmark = pytest.mark.anyio


def answering(words: int = 1) -> Simulator:
    return Simulator(Script(lambda _: Reply.text("word " * words)))


def port_of(base_url: str) -> int:
    return int(base_url.rpartition(":")[2])


ALLOWED = [b"x-api-key: any", b"anthropic-version: 2026-10-21"]


def post(data: bytes, *headers: bytes, version: bytes = b"1.1") -> bytes:
    head = [b"POST /v1/messages HTTP/" + version, b"host: x", *ALLOWED, b"content-length: %d" % len(data), *headers]
    return b"\r\n".join([*head, b"", data])


async def read_all(stream: SocketStream) -> bytes:
    """All bytes until the server closes the connection."""
    data = b""
    with anyio.fail_after(5):
        try:
            while True:
                data += await stream.receive()
        except anyio.EndOfStream:
            return data


CLOSE = b"connection: close"


async def exchange(base_url: str, *sent: bytes) -> bytes:
    """All that the server answers until it closes the connection: because of an error, or as the last request asks.

    The client keeps its side open: the server takes the end of what it reads for a client that has left.
    """
    async with await anyio.connect_tcp("127.0.0.1", port_of(base_url)) as stream:
        for data in sent:
            await stream.send(data)
            await anyio.sleep(0.01)
        return await read_all(stream)


async def test_one_connection_carries_many_calls_and_none_waits_for_a_packet() -> None:
    async with answering().serve() as base_url, httpx2.AsyncClient(headers=HEADERS) as http:
        await http.post(f"{base_url}/v1/messages", json=body())
        seconds: list[float] = []
        for is_streamed in [True, False] * 15:
            start = time.perf_counter()
            response = await http.post(f"{base_url}/v1/messages", json=body(stream=is_streamed))
            seconds.append(time.perf_counter() - start)
            assert response.status_code == 200
            assert "connection" not in response.headers
    assert statistics.median(seconds) < 0.030  # Nagle and delayed acknowledgements would take 40 ms each


async def test_each_event_is_sent_at_once() -> None:
    class Slow:
        async def handle(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Response:
            return Response(200, {"content-type": "text/event-stream"}, self.chunks())

        async def chunks(self) -> AsyncGenerator[bytes]:
            yield b"first"
            await told.wait()
            yield b"second"

    told = anyio.Event()
    async with serving(Slow()) as base_url, httpx2.AsyncClient(headers=HEADERS) as http:
        with anyio.fail_after(5):
            async with http.stream("POST", f"{base_url}/v1/messages", content=b"{}") as response:
                async for chunk in response.aiter_raw():
                    assert chunk == (b"second" if told.is_set() else b"first")
                    told.set()


@asynccontextmanager
async def serving(server: object) -> AsyncGenerator[str]:
    listener, base_url = await open_listener("127.0.0.1", 0)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(serve_forever, cast("Simulator", server), listener)
        yield base_url
        tasks.cancel_scope.cancel()


@pytest.mark.parametrize("is_read", [True, False])
async def test_a_client_that_leaves_releases_the_reply(is_read: bool) -> None:
    released = anyio.Event()

    class Endless:
        async def handle(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Response:
            return Response(200, {}, self.chunks())

        async def chunks(self) -> AsyncGenerator[bytes]:
            try:
                while True:
                    yield b"x" * 1000
                    await anyio.sleep(0.001)
            finally:
                released.set()

    async with serving(Endless()) as base_url:
        async with await anyio.connect_tcp("127.0.0.1", port_of(base_url)) as stream:
            await stream.send(post(b"{}"))
            if is_read:
                await stream.receive()
        with anyio.fail_after(5):
            await released.wait()
    gc.collect()


@pytest.mark.parametrize(
    "sent",
    [b"", b"POST", b"POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n{", post(b"{}")],
    ids=["nothing", "half a line", "half a body", "a whole request"],
)
async def test_a_client_that_hangs_up_is_no_error(
    sent: bytes, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    async with answering().serve() as base_url:
        for _ in range(3):
            async with await anyio.connect_tcp("127.0.0.1", port_of(base_url)) as stream:
                await stream.send(sent)
        assert (await exchange(base_url, post(json.dumps(body()).encode(), CLOSE))).startswith(b"HTTP/1.1 200")
    gc.collect()
    assert caplog.records == []
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    "sent",
    [
        b"nonsense\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 200,
        b"POST /v1/messages HTTP/1.1\r\n\r\n",
        b"POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: ten\r\n\r\n",
        b"POST /v1/messages HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"GET / HTTP/1.1\r\nhost: x\r\nbroken header\r\n\r\n",
        b"POST /v1/messages HTTP/1.1\r\nhost: x\r\nx: " + b"y" * 100_000 + b"\r\n\r\n",
        b'"quotes" \\ HTTP/1.1\r\nhost: x\r\n\r\n',
    ],
    ids=["text", "TLS", "no host", "length", "chunk", "header", "a long header", "quotes"],
)
async def test_what_is_not_http_is_refused_in_the_apis_shape(sent: bytes) -> None:
    async with answering().serve() as base_url:
        answer = await exchange(base_url, sent)
    head, _, payload = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 4")
    assert b"connection: close" in head.lower()
    assert json.loads(payload)["error"]["type"] == "invalid_request_error"


async def test_bodies_come_by_length_in_chunks_and_after_being_asked_for() -> None:
    data = json.dumps(body()).encode()
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (data[:10], data[10:])) + b"0\r\n\r\n"
    allowed = b"\r\n".join([*ALLOWED, CLOSE])
    chunked = b"POST /v1/messages HTTP/1.1\r\nhost: x\r\n" + allowed + b"\r\ntransfer-encoding: chunked\r\n\r\n"
    async with answering().serve() as base_url:
        upgrade = post(data, b"upgrade: h2c", b"connection: upgrade, close")
        for sent in ([post(data, CLOSE)], [chunked, chunks], [upgrade]):
            assert (await exchange(base_url, *sent)).startswith(b"HTTP/1.1 200")
        waiting = post(data, b"expect: 100-continue", CLOSE)
        answer = await exchange(base_url, waiting[: -len(data)], data)
        assert answer.startswith(b"HTTP/1.1 100")
        assert b"HTTP/1.1 200" in answer


async def test_requests_sent_ahead_are_answered_in_turn() -> None:
    simulator = Simulator(Script(*[Reply.text(f"reply {n}") for n in range(3)]))
    async with simulator.serve() as base_url:
        data = json.dumps(body()).encode()
        answer = await exchange(base_url, post(data) * 2 + post(data, CLOSE))
    assert answer.count(b"HTTP/1.1 200") == 3
    assert answer.index(b"reply 0") < answer.index(b"reply 1") < answer.index(b"reply 2")


async def test_an_old_client_reads_to_the_end_of_the_connection() -> None:
    async with answering().serve() as base_url:
        data = json.dumps(body(stream=True)).encode()
        async with await anyio.connect_tcp("127.0.0.1", port_of(base_url)) as stream:
            await stream.send(post(data, version=b"1.0"))
            assert b"message_stop" in await read_all(stream)


@pytest.mark.parametrize(("method", "path"), [("HEAD", "/"), ("GET", "/v1/model"), ("PUT", "/v1/messages")])
async def test_other_paths_are_not_found(method: str, path: str) -> None:
    async with answering().serve() as base_url, httpx2.AsyncClient(headers=HEADERS) as http:
        for _ in range(2):  # the connection is good for another
            response = await http.request(method, f"{base_url}{path}?a=b")
            assert response.status_code == 404
            if method != "HEAD":
                assert response.json()["error"] == {"type": "not_found_error", "message": "Not found"}


async def test_a_query_is_no_part_of_the_path() -> None:
    async with answering().serve() as base_url, httpx2.AsyncClient(headers=HEADERS) as http:
        assert (await http.post(f"{base_url}/v1/messages?beta=true", json=body())).status_code == 200


async def test_a_body_that_is_too_large_is_refused_before_it_is_read_whole() -> None:
    async with (
        answering().serve() as base_url,
        await anyio.connect_tcp("127.0.0.1", port_of(base_url)) as stream,
        anyio.create_task_group() as tasks,
    ):

        async def send() -> None:
            head = b"POST /v1/messages HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
            chunk = b"%x\r\n%b\r\n" % (1 << 20, b"x" * (1 << 20))
            await stream.send(head)
            for _ in range(MAX_MESSAGE_BODY_BYTES // (1 << 20) + 1):
                await stream.send(chunk)
            await stream.send_eof()

        tasks.start_soon(send)
        answer = await read_all(stream)
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"request_too_large" in answer


async def test_the_server_outlives_a_responder_that_fails() -> None:
    def fail(_: object) -> Reply:
        raise ZeroDivisionError("no such luck \ud800")

    simulator = Simulator(Script(fail, fail))
    async with simulator.serve() as base_url, httpx2.AsyncClient(headers=HEADERS) as http:
        for _ in range(2):
            response = await http.post(f"{base_url}/v1/messages", json=body())
            assert response.status_code == 500
            assert response.headers["x-should-retry"] == "false"
            assert "ZeroDivisionError: no such luck" in response.json()["error"]["message"]
    assert [type(error) for error in simulator.failures] == [ZeroDivisionError] * 2


async def test_a_port_in_use_is_said_so_in_one_sentence() -> None:
    async with answering().serve() as base_url:
        port = port_of(base_url)
        with pytest.raises(ConfigurationError, match=rf"^Cannot listen on 127.0.0.1:{port}: Address already in use\.$"):
            async with answering().serve(port=port):
                pass


@pytest.mark.parametrize(("host", "port"), [("no.such.host.invalid", 0), ("127.0.0.1", 70_000), ("192.0.2.1", 0)])
async def test_an_address_that_cannot_be_had_is_said_so(host: str, port: int) -> None:
    with pytest.raises(ConfigurationError, match=rf"^Cannot listen on {host}:{port}: .+\.$"):
        await open_listener(host, port)


async def test_every_address_of_a_name_is_served() -> None:
    async with answering().serve("localhost") as base_url, httpx2.AsyncClient(headers=HEADERS) as http:
        assert base_url.startswith("http://localhost:")
        assert (await http.post(f"{base_url}/v1/messages", json=body())).status_code == 200


async def test_an_error_in_the_block_comes_out_as_it_is() -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        async with answering().serve():
            _ = 1 / 0
    assert caught.value.__context__ is None


async def test_leaving_closes_idle_and_busy_connections() -> None:
    async with answering(5000).serve() as base_url:
        idle = await anyio.connect_tcp("127.0.0.1", port_of(base_url))
        busy = await anyio.connect_tcp("127.0.0.1", port_of(base_url))
        await busy.send(post(json.dumps(body(stream=True)).encode()))
        await busy.receive(100)
        started = time.perf_counter()
    assert time.perf_counter() - started < 1
    async with idle, busy:
        pass
    gc.collect()
    with pytest.raises(OSError, match="connect"):
        await anyio.connect_tcp("127.0.0.1", port_of(base_url))
