"""Connecting: one look-up for all that connect together, addresses side by side, time, errors by name."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import anyio
import pytest

from agentkit.models.wire.dialing import Address, Dialer, Server, connect_any
from agentkit.models.wire.errors import ConnectFailed, ConnectTimedOut
from tests.models.wire.raw_server import OK, answering, body_of, pool_of, serving

pytestmark = pytest.mark.anyio


@pytest.fixture
def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port whose server accepts nobody any more, so that connecting to it takes forever."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener, ExitStack() as waiting:
        address = listener.getsockname()
        with suppress(TimeoutError):
            while True:
                waiting.enter_context(socket.create_connection(address, timeout=0.02))
        yield int(address[1])


@pytest.fixture
def lookups(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names that are looked up, each after a moment."""
    seen: list[str] = []
    original = anyio.getaddrinfo

    async def getaddrinfo(host: str, port: int, **options: int) -> object:
        seen.append(host)
        await anyio.sleep(0.01)
        return await original(host, port, type=socket.SOCK_STREAM)

    monkeypatch.setattr(anyio, "getaddrinfo", getaddrinfo)
    return seen


async def test_all_that_connect_together_look_the_name_up_once(lookups: list[str]) -> None:
    async with serving(answering(OK)) as server, pool_of(server.port, host="localhost") as pool:
        async with anyio.create_task_group() as tasks:
            for _ in range(20):
                tasks.start_soon(body_of, pool)
        assert lookups == ["localhost"]


async def test_a_cancelled_look_up_takes_nobody_else_along(lookups: list[str]) -> None:
    async with serving(answering(OK)) as server, pool_of(server.port, host="localhost") as pool:
        bodies: list[bytes] = []

        async def request() -> None:
            bodies.append(await body_of(pool))

        async with anyio.create_task_group() as tasks:
            with anyio.move_on_after(0.005):
                tasks.start_soon(request)
                await body_of(pool)
            with anyio.move_on_after(0.005):
                await body_of(pool)
        assert bodies == [b"tea"]


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_an_address_is_looked_up_nowhere(host: str, lookups: list[str]) -> None:
    async with serving(answering(OK), host=host) as server, pool_of(server.port, host=host) as pool:
        assert await body_of(pool) == b"tea"
        assert lookups == []


async def test_a_name_with_several_addresses_leads_to_the_one_that_answers(free_port: int, silent_port: int) -> None:
    async with serving(answering(OK)) as server:
        refused: Address = (socket.AF_INET6, ("::1", free_port, 0, 0))
        open_: Address = (socket.AF_INET, ("127.0.0.1", server.port))
        silent: Address = (socket.AF_INET, ("127.0.0.1", silent_port))
        for addresses in ([refused, open_], [open_, refused], [silent, refused, open_]):
            (await connect_any(addresses)).close()
        with pytest.raises(ConnectionRefusedError):
            await connect_any([refused, (socket.AF_INET, ("127.0.0.1", free_port))])
        with anyio.move_on_after(0.01) as scope:
            await connect_any([silent, silent])
        assert scope.cancelled_caught


@pytest.mark.parametrize(
    ("host", "port"),
    [("127.0.0.1", None), ("::1", None), ("no-such-host.invalid", 80), ("127.0.0.1", 70_000), ("a" * 80, 80), ("", 80)],
)
async def test_what_cannot_be_reached_is_an_error_by_name(host: str, port: int | None, free_port: int) -> None:
    with pytest.raises(ConnectFailed) as caught:
        await Dialer(Server(host, port or free_port, None)).connect(5)
    assert str(caught.value)
    assert isinstance(caught.value.__cause__, OSError | UnicodeError | OverflowError)


async def test_a_server_that_does_not_answer_in_time_is_an_error_by_name(silent_port: int) -> None:
    with pytest.raises(ConnectTimedOut, match=r"within 0\.01 s"):
        await Dialer(Server("127.0.0.1", silent_port, None)).connect(0.01)
