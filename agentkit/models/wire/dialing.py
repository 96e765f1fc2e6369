"""Connecting to a server: its addresses are looked up once for all that connect together, and tried side by side."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import itertools
import math
import socket
import ssl
from contextvars import Context
from dataclasses import dataclass, field
from typing import TypeAlias

import anyio

from agentkit.event_loop import running_library
from agentkit.models.wire.connection import Connection
from agentkit.models.wire.delayed_call import set_deadline
from agentkit.models.wire.errors import ConnectFailed, ConnectTimedOut

Address: TypeAlias = tuple[socket.AddressFamily, tuple[str, int] | tuple[str, int, int, int]]
"""A family of addresses, and an address as the socket takes it."""

_MAX_PORT = 65_535
_KEEP_ALIVE = {"TCP_KEEPIDLE": 60, "TCP_KEEPINTVL": 60, "TCP_KEEPCNT": 5}
"""A server that is gone is noticed after six minutes of silence, as by the SDK's client; not every system has these."""
_HEAD_START_S = 0.25
"""Seconds that an address has before the next one is tried beside it (RFC 8305)."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server, by its address."""

    host: str
    """A name or an IP address, without brackets."""
    port: int
    tls: ssl.SSLContext | None = field(repr=False)
    """The context that checks its certificate. None: no TLS."""


class Dialer:
    """Opens connections to one server in one event loop."""

    def __init__(self, server: Server) -> None:
        self.server = server
        """The server that it connects to."""
        self._lookup: _Lookup | None = None
        self._context = Context()
        """The context of what its connections do by themselves: they outlive the run that opens one."""

    async def connect(self, timeout_s: float | None) -> Connection:
        """Return a new connection.

        Raises:
            ConnectFailed: There is none; ConnectTimedOut: not within `timeout_s`.
        """
        limit_s = math.inf if timeout_s is None else timeout_s
        try:
            with anyio.CancelScope() as scope:
                set_deadline(scope, timeout_s)
                return await self._connect()
        except (OSError, UnicodeError, OverflowError) as error:
            raise ConnectFailed(str(error) or type(error).__name__) from error
        raise ConnectTimedOut(f"no connection within {limit_s:g} s")

    async def _connect(self) -> Connection:
        sock = await connect_any(await self._addresses())
        if running_library() == "trio":
            from agentkit.models.wire import trio_connection

            return await trio_connection.open_connection(sock, self.server.tls, self.server.host)
        from agentkit.models.wire import asyncio_connection

        return await asyncio_connection.open_connection(sock, self.server.tls, self.server.host, self._context)

    async def _addresses(self) -> list[Address]:
        """Return the addresses of the server: one look-up serves all that wait for it."""
        host, port = self.server.host, self.server.port
        if not 0 < port <= _MAX_PORT:  # trio takes it modulo 65,536
            raise OverflowError(f"there is no port {port}")
        try:
            version = ipaddress.ip_address(host).version
        except ValueError:
            pass
        else:
            return [(socket.AF_INET, (host, port)) if version == 4 else (socket.AF_INET6, (host, port, 0, 0))]
        while (lookup := self._lookup) is not None:
            await lookup.done.wait()
            if lookup.error is not None:
                raise lookup.error
            if lookup.addresses:
                return lookup.addresses
            # who looked it up was cancelled
        self._lookup = lookup = _Lookup()
        try:
            found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            lookup.addresses = [(family, address) for family, _, _, _, address in found]
            return lookup.addresses
        except OSError as error:
            lookup.error = error
            raise
        finally:
            self._lookup = None
            lookup.done.set()


class _Lookup:
    """A look-up of addresses, for all that wait for it."""

    def __init__(self) -> None:
        self.done = anyio.Event()
        self.addresses: list[Address] = []
        self.error: OSError | None = None


async def connect_any(addresses: list[Address]) -> socket.socket:
    """Return a socket that is connected to one of the addresses: the families by turns, one after a short time.

    Raises:
        OSError: None can be reached; the error of the first.
    """
    if len(addresses) == 1:
        return await _connect_socket(addresses[0])
    connected: list[socket.socket] = []
    errors: dict[int, OSError] = {}

    async def attempt(place: int, address: Address, failed: anyio.Event) -> None:
        try:
            connected.append(await _connect_socket(address))
        except OSError as error:
            errors[place] = error
            failed.set()
        else:
            tasks.cancel_scope.cancel()

    try:
        async with anyio.create_task_group() as tasks:
            for place, address in enumerate(_by_turns(addresses)):
                failed = anyio.Event()
                tasks.start_soon(attempt, place, address, failed)
                with anyio.move_on_after(_HEAD_START_S):
                    await failed.wait()
    except BaseException:
        _close_all(connected)
        raise
    _close_all(connected[1:])
    if connected:
        return connected[0]
    raise errors[min(errors)]


def _by_turns(addresses: list[Address]) -> list[Address]:
    """Return addresses with their families by turns, the first one's first."""
    first_family = addresses[0][0]
    of_first = [address for address in addresses if address[0] == first_family]
    of_others = [address for address in addresses if address[0] != first_family]
    pairs = itertools.zip_longest(of_first, of_others)
    return [address for pair in pairs for address in pair if address is not None]


async def _connect_socket(address: Address) -> socket.socket:
    family, place = address
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in _KEEP_ALIVE.items():
            with contextlib.suppress(AttributeError, OSError):
                sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
        if running_library() == "trio":
            import trio

            await trio.socket.from_stdlib_socket(sock).connect(place)
        else:
            await asyncio.get_running_loop().sock_connect(sock, place)
    except BaseException:
        sock.close()
        raise
    return sock


def _close_all(sockets: list[socket.socket]) -> None:
    for sock in sockets:
        sock.close()
