"""One request and its response over a socket, however it comes; and what is left of it when it fails."""

from __future__ import annotations

import gzip
import random
from itertools import pairwise

import anyio
import anyio.abc
import pytest

from agentkit.models.wire.errors import ConnectionLost, IdleTimedOut, NotHttp, WireError
from tests.models.wire.raw_server import OK, answering, body_of, pool_of, post, read_request, rest_of, serving

pytestmark = pytest.mark.anyio

CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
PACKED = gzip.compress(b"tea for two" * 1000)


def bytewise(data: bytes) -> list[bytes]:
    return [data[place : place + 1] for place in range(len(data))]


@pytest.mark.parametrize(
    ("pieces", "body"),
    [
        ([OK], b"tea"),
        (bytewise(OK), b"tea"),
        (bytewise(CHUNKED + b"3\r\ntea\r\n1;x=y\r\n!\r\n0\r\ntrailer: x\r\n\r\n"), b"tea!"),
        ([b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n" + OK], b"tea"),
        ([b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: %d\r\n\r\n" % len(PACKED) + PACKED], None),
        ([b"HTTP/1.1 204 No Content\r\n\r\n"], b""),
        ([b"HTTP/1.1 413 Content Too Large\r\ncontent-length: 2\r\n\r\nno"], b"no"),
    ],
)
async def test_a_response_is_read_however_it_comes(pieces: list[bytes], body: bytes | None) -> None:
    async with serving(answering(*pieces)) as server, pool_of(server.port) as pool:
        for _ in range(2):
            assert await body_of(pool) == (gzip.decompress(PACKED) if body is None else body)
        assert server.accepted == 1


async def test_status_and_headers_are_those_of_the_response() -> None:
    head = b"HTTP/1.1 529 Overloaded\r\nRetry-After: 3\r\nX-A: one\r\nx-a: two\r\ncontent-length: 0\r\n\r\n"
    async with serving(answering(head)) as server, pool_of(server.port) as pool, post(pool) as response:
        assert response.status == 529
        assert response.headers[:3] == [(b"retry-after", b"3"), (b"x-a", b"one"), (b"x-a", b"two")]
        assert (response.header(b"x-a"), response.header(b"missing")) == (b"one", None)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", ConnectionLost),
        (b"HTTP/1.1 200 OK\r\ncontent-le", ConnectionLost),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\ntea", ConnectionLost),
        (CHUNKED + b"3\r\nte", ConnectionLost),
        (CHUNKED + b"3\r\ntea\r\n0\r\n", ConnectionLost),
        (CHUNKED + b"zz\r\n", NotHttp),
        (b"\0\1\2\3 junk", NotHttp),
        (b"220 mail.example.com ESMTP\r\n\r\n", NotHttp),
        (b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 200_000, NotHttp),
        (b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 3\r\n\r\ntea", NotHttp),
    ],
)
async def test_a_broken_response_is_an_error_by_name_and_its_connection_is_closed(
    data: bytes, kind: type[WireError]
) -> None:
    async with serving(answering(data, then_close=True)) as server, pool_of(server.port) as pool:
        with pytest.raises(kind) as caught:
            await body_of(pool)
        assert str(caught.value)
        await server.until_all_closed()


@pytest.mark.parametrize("data", [b"", b"HTTP/1.1 200 OK\r\n", CHUNKED + b"3\r\ntea\r\n"])
async def test_a_response_that_stalls_is_given_up_and_its_connection_closed(data: bytes) -> None:
    async def stall(stream: anyio.abc.ByteStream) -> None:
        while True:
            await read_request(stream)
            if data:
                await stream.send(data)

    async with serving(stall) as server, pool_of(server.port) as pool:
        with pytest.raises(IdleTimedOut):
            await body_of(pool, idle_timeout_s=0.03)
        await server.until_all_closed()


async def test_a_refusal_comes_before_the_body_is_up() -> None:
    async def refuse(stream: anyio.abc.ByteStream) -> None:
        await stream.receive()
        await stream.send(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 413 Content Too Large\r\ncontent-length: 2\r\n\r\nno")
        await anyio.sleep(0.01)

    async with serving(refuse) as server, pool_of(server.port) as pool:
        for _ in range(5):
            async with post(pool, bytes(8_000_000)) as response:
                assert (response.status, await rest_of(response)) == (413, b"no")
        await server.until_all_closed()


async def test_large_bodies_go_up_whole() -> None:
    received: list[int] = []

    async def count(stream: anyio.abc.ByteStream) -> None:
        while True:
            received.append(len(await read_request(stream)))
            await stream.send(OK)

    async with serving(count) as server, pool_of(server.port) as pool:
        for size in (0, 1, 65_536, 65_537, 3_000_000):
            assert await body_of(pool, b"[", b"x" * size, b"]") == b"tea"
        assert [after - before for before, after in pairwise(received)] == [1, 65_539, 1, 2_934_465]


async def test_a_cancelled_request_closes_its_connection_at_once() -> None:
    """Two hundred of them, at any moment: no connection is left, and the pool goes on."""

    async def answer(stream: anyio.abc.ByteStream) -> None:
        while True:
            await read_request(stream)
            for piece in (CHUNKED, b"3\r\ntea\r\n", b"0\r\n\r\n"):
                await anyio.sleep(0.0005)
                await stream.send(piece)

    moments = random.Random(5)
    async with serving(answer) as server, pool_of(server.port, host="localhost") as pool:

        async def cancelled() -> None:
            with anyio.move_on_after(moments.random() * 0.02):
                await body_of(pool)

        for _ in range(10):
            async with anyio.create_task_group() as tasks:
                for _ in range(20):
                    tasks.start_soon(cancelled)
        with anyio.fail_after(5):
            while server.open > len(pool._free):
                await anyio.sleep(0.001)
        assert await body_of(pool) == b"tea"
        await pool.aclose()
        await server.until_all_closed()
