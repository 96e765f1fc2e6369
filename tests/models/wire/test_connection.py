"""Connections of both event loops: sending in pieces, receiving at the reader's pace, silence, closing."""

from __future__ import annotations

import socket
import struct
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import anyio
import anyio.abc
import anyio.to_thread
import pytest

from agentkit.models.wire.asyncio_connection import AsyncioConnection
from agentkit.models.wire.connection import PIECE_BYTES, Connection, pieces_to_send
from agentkit.models.wire.dialing import Dialer, Server
from agentkit.models.wire.errors import ConnectionLost, IdleTimedOut
from agentkit.models.wire.trio_connection import TrioConnection
from tests.models.wire.certificates import certificates
from tests.models.wire.raw_server import RawServer, serving

pytestmark = pytest.mark.anyio


def test_small_parts_are_sent_together_and_large_ones_cut_without_a_copy() -> None:
    large = bytes(PIECE_BYTES * 2 + 1)
    parts = [b"head", b"{", *[b"x" * 1000] * 100, large, b"}"]
    pieces = list(pieces_to_send(parts))
    assert b"".join(pieces) == b"".join(parts)
    assert max(map(len, pieces)) == PIECE_BYTES
    assert len(pieces) == 6
    assert sum(isinstance(piece, memoryview) and piece.obj is large for piece in pieces) == 3


async def connected(server: RawServer, idle_timeout_s: float | None = 5) -> Connection:
    connection = await Dialer(Server("127.0.0.1", server.port, None)).connect(5)
    connection.start_exchange(idle_timeout_s)
    return connection


async def echo(stream: anyio.abc.ByteStream) -> None:
    while True:
        await stream.send(await stream.receive())


async def silence(stream: anyio.abc.ByteStream) -> None:
    while True:
        await stream.receive()


async def test_what_is_sent_comes_back_and_closing_is_seen_at_once() -> None:
    async with serving(echo) as server:
        connection = await connected(server)
        await connection.send([b"tea ", b"for two"])
        received = b""
        while len(received) < 11:
            received += await connection.receive()
        assert received == b"tea for two"
        connection.end_exchange()
        assert connection.is_usable
        connection.close()
        assert not connection.is_usable
        await server.until_all_closed()


async def test_a_silent_server_is_given_up_and_its_connection_closed() -> None:
    async with serving(silence) as server:
        connection = await connected(server, idle_timeout_s=0.02)
        await connection.send([b"tea"])
        with pytest.raises(IdleTimedOut, match=r"0\.02 s"):
            await connection.receive()
        assert not connection.is_usable
        await server.until_all_closed()


async def test_a_server_that_takes_nothing_more_is_given_up() -> None:
    async with serving(lambda _: anyio.sleep_forever()) as server:
        connection = await connected(server, idle_timeout_s=0.05)
        await connection.send([bytes(30_000_000)])
        assert connection.is_sending
        with anyio.fail_after(5), pytest.raises(IdleTimedOut):
            await connection.receive()
        assert not connection.is_usable


async def test_bytes_that_go_up_count_as_bytes() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 250_000)

    def read_slowly() -> None:  # in a thread, since asyncio's streams read ahead
        with listener, listener.accept()[0] as accepted:
            for _ in range(7):
                accepted.recv(500_000, socket.MSG_WAITALL)
                time.sleep(0.1)
            accepted.sendall(b"all")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(anyio.to_thread.run_sync, read_slowly)
        connection = await Dialer(Server("127.0.0.1", listener.getsockname()[1], None)).connect(5)
        assert isinstance(connection, AsyncioConnection | TrioConnection)
        sock = connection._sock  # pyright: ignore[reportPrivateUsage]
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 50_000)
        connection.start_exchange(0.5)
        started = anyio.current_time()
        try:
            await connection.send([bytes(3_500_000)])
            assert await connection.receive() == b"all"
        finally:
            connection.close()
        assert anyio.current_time() - started > 0.5


async def test_silence_while_the_reader_takes_his_time_is_nobodys_fault() -> None:
    go_on = anyio.Event()

    async def answer(stream: anyio.abc.ByteStream) -> None:
        await stream.receive()
        await stream.send(b"one")
        await go_on.wait()
        await stream.send(b"two")
        await stream.receive()

    async with serving(answer) as server:
        connection = await connected(server, idle_timeout_s=0.2)
        await connection.send([b"tea"])
        assert await connection.receive() == b"one"
        await anyio.sleep(0.25)
        go_on.set()
        assert await connection.receive() == b"two"
        connection.close()


async def test_what_comes_while_the_event_loop_is_busy_is_no_silence() -> None:
    is_busy, has_sent, is_read = threading.Event(), threading.Event(), threading.Event()

    def answer() -> None:
        accepted, _ = listener.accept()
        with accepted:
            accepted.recv(100)
            is_busy.wait(5)
            accepted.sendall(b"one")
            has_sent.set()
            is_read.wait(5)

    async def keep_busy() -> None:
        is_busy.set()
        has_sent.wait(5)
        time.sleep(0.06)  # noqa: ASYNC251

    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as thread:
        thread.submit(answer)
        connection = await Dialer(Server("127.0.0.1", listener.getsockname()[1], None)).connect(5)
        connection.start_exchange(0.05)
        await connection.send([b"tea"])
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(keep_busy)
            assert await connection.receive() == b"one"
        is_open = connection.is_usable
        is_read.set()
        connection.close()
        assert is_open


async def test_a_server_waits_for_a_slow_reader() -> None:
    sent = 0

    async def flood(stream: anyio.abc.ByteStream) -> None:
        nonlocal sent
        await stream.receive()
        while True:
            await stream.send(bytes(100_000))
            sent += 100_000

    async with serving(flood) as server:
        connection = await connected(server)
        await connection.send([b"tea"])
        received, before = 0, -1
        while sent != before:  # until nothing goes on any more
            before = sent
            await anyio.sleep(0.03)
        assert sent < 20_000_000
        goal = sent + 1_000_000
        while received < goal:
            received += len(await connection.receive())
        connection.close()
        await server.until_all_closed()


@pytest.mark.parametrize("body_bytes", [3, 5_000_000])
async def test_an_answer_comes_before_the_body_is_up(body_bytes: int) -> None:
    async def refuse(stream: anyio.abc.ByteStream) -> None:
        await stream.receive()
        await stream.send(b"413")

    async with serving(refuse) as server:
        connection = await connected(server)
        await connection.send([b"head", bytes(body_bytes)])
        assert await connection.receive() == b"413"
        connection.close()
        await server.until_all_closed()


async def test_the_end_is_no_bytes_and_a_reset_an_error() -> None:
    async def leave(stream: anyio.abc.ByteStream) -> None:
        if await stream.receive() == b"reset":
            linger = struct.pack("ii", 1, 0)
            stream.extra(anyio.abc.SocketAttribute.raw_socket).setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)

    async with serving(leave) as server:
        connection = await connected(server)
        await connection.send([b"leave"])
        assert [await connection.receive(), await connection.receive()] == [b"", b""]
        connection.close()
        connection = await connected(server)
        await connection.send([b"reset"])
        with pytest.raises(ConnectionLost) as caught:
            await connection.receive()
        assert isinstance(caught.value.__cause__, OSError)
        connection.close()


@pytest.mark.parametrize("is_tls", [False, True])
async def test_a_refusal_is_read_although_the_server_has_reset_the_connection(
    is_tls: bool, caplog: pytest.LogCaptureFixture
) -> None:
    tls = certificates()

    def accept() -> socket.socket:
        accepted, _ = listener.accept()
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return tls.server.wrap_socket(accepted, server_side=True) if is_tls else accepted

    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as thread:
        accepting = thread.submit(accept)
        server = Server("localhost", listener.getsockname()[1], tls.client if is_tls else None)
        connection = await Dialer(server).connect(5)
        accepted = accepting.result()
        connection.start_exchange(5)
        accepted.sendall(b"413")
        accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        accepted.close()
        await connection.send([bytes(1_000_000)])  # fails before the loop has looked for what came
        assert await connection.receive() == b"413"
        with suppress(ConnectionLost):
            assert await connection.receive() == b""
        connection.close()
        assert not connection.is_usable
        assert caplog.messages == []


async def test_bytes_that_nobody_asked_for_end_the_use_of_a_connection() -> None:
    async def greet(stream: anyio.abc.ByteStream) -> None:
        await stream.receive()
        await stream.send(b"hello")
        await stream.receive()

    async with serving(greet) as server:
        connection = await connected(server)
        await connection.send([b"tea"])
        connection.end_exchange()
        with anyio.fail_after(5):
            while connection.is_usable:
                await anyio.sleep(0.001)
        connection.close()
