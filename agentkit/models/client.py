"""The client that a run uses, and its lifetime.

A client that was passed in is used as it is and never closed. Without one, runs in the same event loop share a client
that opens on first use and closes when the last of them ends: the direct one, or one of the SDK (`direct/way.py`). So
do runs in other event loops than the one that a passed client belongs to, which share a copy of it.
"""

from __future__ import annotations

import os
import re
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import anyio
from anyio.lowlevel import RunVar

from agentkit.event_loop import correct_library_name
from agentkit.log import log
from agentkit.models.direct.client import DirectClient
from agentkit.models.direct.proxies import find_proxies
from agentkit.models.direct.way import SdkWay, choose_way
from agentkit.models.overriding_client import Client, overriding_client
from agentkit.models.sdk.client import open_sdk_client
from agentkit.models.sdk.loop_client import copy_for_this_loop, take_over

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping
    from types import TracebackType


_SETTING = re.compile(r"ANTHROPIC_.*|SSL_CERT_.*|.*_proxy", re.IGNORECASE)


@dataclass(slots=True)
class _SharedClient:
    client: Client
    original: Client | None
    """The client that it is a copy of. None: it is no copy. Kept alive, since its id is the key."""
    settings: Mapping[str, str] = field(repr=False)
    """The variables of the environment when it was opened."""
    users: int = 0


_shared_clients: RunVar[dict[int, _SharedClient]] = RunVar("agentkit_clients")
"""The clients that were opened in this event loop, by the id of the client that they are a copy of, or of None."""


def lease_client(given: Client | None) -> ClientLease:
    """Lend the client to use: the overriding one, else the given one, else the shared one, kept open while in use."""
    return ClientLease(overriding_client() or given)


class ClientLease:
    """A client on loan, a context manager: entering it returns the client.

    Args:
        given: The client to lend, or to copy where its connections belong to another event loop. None: the shared one.
    """

    __slots__ = ("_clients", "_given", "_shared")

    def __init__(self, given: Client | None) -> None:
        self._given = given
        self._shared: _SharedClient | None = None
        self._clients: dict[int, _SharedClient] = {}

    async def __aenter__(self) -> Client:
        given = self._given
        if given is not None and await _is_usable_here(given):
            return given
        correct_library_name()  # the shared clients are found by the event loop
        clients = _shared_clients.get(None)
        if clients is None:
            _shared_clients.set(clients := {})
        key = id(given)
        if key not in clients:
            opened = _open_client() if given is None else _copy_of(given)
            clients[key] = _SharedClient(opened, given, _settings())
        self._clients, self._shared = clients, clients[key]
        self._shared.users += 1
        return self._shared.client

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shared, self._shared = self._shared, None
        if shared is None:
            return
        shared.users -= 1
        if shared.users == 0:
            if self._clients.get(id(shared.original)) is shared:
                del self._clients[id(shared.original)]
            with anyio.CancelScope(shield=True):
                await shared.client.close()


@asynccontextmanager
async def session() -> AsyncGenerator[None]:
    """Keep the shared client open across runs, for a script or service that starts many one after another.

    One that was opened with other variables of the environment, such as a key that has been replaced, is left to the
    runs that use it: those that start from now on share a new one.
    """
    correct_library_name()
    clients = _shared_clients.get(None)
    if clients and (shared := clients.get(id(None))) is not None and shared.settings != _settings():
        del clients[id(None)]
    async with lease_client(None):
        yield


def _settings() -> dict[str, str]:
    """Return the variables of the environment by which a client is opened."""
    return {name: value for name, value in os.environ.items() if _SETTING.fullmatch(name)}


async def _is_usable_here(client: Client) -> bool:
    return client.is_usable_here() if isinstance(client, DirectClient) else await take_over(client)


def _copy_of(client: Client) -> Client:
    return client.copy() if isinstance(client, DirectClient) else copy_for_this_loop(client)


def _open_client() -> Client:
    way = choose_way(os.environ, find_proxies(os.environ))
    log().debug("client opened", way=str(way))
    return open_sdk_client() if isinstance(way, SdkWay) else DirectClient(way)
