"""The pool: the last used connection first, few free ones and not for long, those that the server closed replaced."""

from __future__ import annotations

import gc
import socket
import threading
import weakref
from contextlib import suppress
from contextvars import ContextVar

import anyio
import anyio.abc
import anyio.lowlevel
import anyio.to_thread
import pytest

from agentkit.models.wire import pool as pool_module
from agentkit.models.wire.errors import ConnectionLost, WireError
from tests.models.wire.raw_server import OK, answering, body_of, pool_of, post, read_request, rest_of, serving

pytestmark = pytest.mark.anyio


async def test_a_connection_is_used_again_after_its_response() -> None:
    async with serving(answering(OK)) as server, pool_of(server.port) as pool:
        async with post(pool) as one, post(pool) as other:
            assert [await rest_of(one), await rest_of(other)] == [b"tea"] * 2
        for _ in range(3):
            assert await body_of(pool) == b"tea"
        assert (server.accepted, server.open) == (2, 2)


async def test_a_connection_that_was_left_is_closed_at_once() -> None:
    half = b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\ntea"
    async with serving(answering(half)) as server, pool_of(server.port) as pool:
        async with post(pool) as response:
            assert await response.read_some() == b"tea"
        await server.until_all_closed()


async def test_free_connections_have_an_upper_limit() -> None:
    most = pool_module.MAX_FREE_CONNECTIONS
    release = anyio.Event()

    async def hold() -> None:
        async with post(pool) as response:
            await rest_of(response)
            await release.wait()

    async with serving(answering(OK)) as server, pool_of(server.port) as pool:
        async with anyio.create_task_group() as tasks:
            for _ in range(most + 3):
                tasks.start_soon(hold)
            while server.accepted < most + 3:
                await anyio.sleep(0.001)
            release.set()
        with anyio.fail_after(5):
            while server.open > most:
                await anyio.sleep(0.001)


async def test_free_connections_are_dropped_after_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "MAX_FREE_S", 0.02)
    async with serving(answering(OK)) as server, pool_of(server.port) as pool:
        for _ in range(2):
            assert await body_of(pool) == b"tea"
            await server.until_all_closed()
        monkeypatch.setattr(pool_module, "MAX_FREE_S", 0.0)  # too old as soon as it is free
        await body_of(pool)
        await body_of(pool)
        assert server.accepted == 4


async def test_closing_the_pool_closes_the_free_ones_and_then_those_in_use() -> None:
    async with serving(answering(OK)) as server, pool_of(server.port) as pool:
        async with post(pool) as response:
            await body_of(pool)
            await pool.aclose()
            assert await rest_of(response) == b"tea"
            assert server.open >= 1
        await server.until_all_closed()


@pytest.fixture
def is_machine_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "_CROSSING_S", 20)


@pytest.mark.usefixtures("is_machine_slow")
@pytest.mark.parametrize("moments", [0, 1, 3])
async def test_a_request_is_sent_again_where_the_server_had_closed_the_connection(moments: int) -> None:
    async with serving(answering(OK, then_close=True)) as server, pool_of(server.port) as pool:
        for number in range(1, 51):
            assert await body_of(pool) == b"tea"
            assert server.accepted == number
            for _ in range(moments):
                await anyio.lowlevel.checkpoint()


@pytest.mark.usefixtures("is_machine_slow")
async def test_a_request_is_not_sent_again_where_their_number_is_limited() -> None:
    requests = 0

    async def answer_the_first(stream: anyio.abc.ByteStream) -> None:
        nonlocal requests
        await read_request(stream)
        await stream.send(OK)
        await read_request(stream)
        requests += 1

    async with serving(answer_the_first) as server, pool_of(server.port) as pool:
        assert await body_of(pool) == b"tea"
        token = pool_module.may_send_again.set(False)
        with pytest.raises(ConnectionLost):
            await body_of(pool)
        pool_module.may_send_again.reset(token)
        assert (server.accepted, requests) == (1, 1)


async def test_a_request_is_sent_again_once_only_and_only_on_a_connection_used_before() -> None:
    requests = 0

    async def answer_the_first(stream: anyio.abc.ByteStream) -> None:
        nonlocal requests
        while requests < 2:
            await read_request(stream)
            requests += 1
            if requests == 1:
                await stream.send(OK)

    async with serving(answer_the_first) as server, pool_of(server.port) as pool:
        assert await body_of(pool) == b"tea"
        with pytest.raises(ConnectionLost):
            await body_of(pool)  # the server closes after the request, on the next connection at once
        assert (server.accepted, requests) == (2, 2)
        with pytest.raises(ConnectionLost):
            await body_of(pool)
        assert server.accepted == 3


async def test_a_request_that_the_server_may_have_worked_on_is_not_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "_CROSSING_S", 0.01)
    monkeypatch.setattr(pool_module, "_MAX_ROUND_TRIP_S", 0.0)

    async def work_and_close(stream: anyio.abc.ByteStream) -> None:
        await read_request(stream)
        await stream.send(OK)
        await read_request(stream)
        await anyio.sleep(0.05)

    async with serving(work_and_close) as server, pool_of(server.port) as pool:
        assert await body_of(pool) == b"tea"
        with pytest.raises(ConnectionLost):
            await body_of(pool)
        assert server.accepted == 1


async def test_a_request_whose_response_began_is_not_sent_again() -> None:
    async def cut_the_second(stream: anyio.abc.ByteStream) -> None:
        await read_request(stream)
        await stream.send(OK)
        await read_request(stream)
        await stream.send(b"HTTP/1.1 2")

    async with serving(cut_the_second) as server, pool_of(server.port) as pool:
        assert await body_of(pool) == b"tea"
        with pytest.raises(WireError):
            await body_of(pool)
        assert server.accepted == 1


@pytest.mark.parametrize("more", [b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nfalse", b"x"])
async def test_bytes_behind_a_response_are_nobodys(more: bytes) -> None:
    async with serving(answering(OK + more)) as server, pool_of(server.port) as pool:
        assert [await body_of(pool) for _ in range(3)] == [b"tea"] * 3
        assert server.accepted == 3

    async with serving(answering(OK, more)) as server, pool_of(server.port) as pool:
        bodies: list[bytes] = []
        for _ in range(3):
            bodies.append(await body_of(pool))
            await anyio.sleep(0.01)
        assert bodies == [b"tea"] * 3


@pytest.mark.parametrize("is_loop_busy", [False, True])
async def test_a_response_that_comes_while_the_one_before_it_is_held_is_nobodys(is_loop_busy: bool) -> None:
    """Check the same where nothing of it was read yet, since the event loop was busy."""
    others = OK.replace(b"tea", b"ale")
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer_twice() -> None:
            for _ in range(2):
                with listener.accept()[0] as accepted, suppress(ConnectionError):
                    while accepted.recv(100_000):
                        accepted.sendall(OK)
                        held.wait(5)
                        accepted.sendall(others)
                        sent.set()

        held, sent = threading.Event(), threading.Event()
        server = threading.Thread(target=answer_twice, daemon=True)
        server.start()
        async with pool_of(listener.getsockname()[1]) as pool:
            async with post(pool) as response:
                assert await rest_of(response) == b"tea"
                held.set()
                if is_loop_busy:
                    sent.wait(5)
                else:
                    with anyio.fail_after(5):
                        while response._over.connection.is_usable:  # pyright: ignore[reportPrivateUsage]
                            await anyio.sleep(0.001)
            assert await body_of(pool) == b"tea"
        await anyio.to_thread.run_sync(server.join)


async def test_a_free_connection_holds_no_context_variable_of_the_run_that_opened_it() -> None:
    class Held:
        pass

    variable, seen = ContextVar[Held]("held"), list[weakref.ref[Held]]()

    async def run() -> None:
        variable.set(held := Held())
        seen.append(weakref.ref(held))
        assert await body_of(pool) == b"tea"

    async with serving(answering(OK)) as server, pool_of(server.port) as pool:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(run)
        await anyio.lowlevel.checkpoint()
        gc.collect()
        assert [one() for one in seen] == [None]
        assert await body_of(pool) == b"tea"
        assert server.accepted == 1
