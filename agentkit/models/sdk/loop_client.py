"""The client for an event loop: connections belong to the loop in which they were opened.

In another event loop the idle connections of a client would be taken for usable ones: requests would fail, hang, or be
sent twice. So a given client belongs to the first loop that uses it. After the end of that another one may take it
over, without the dead connections; beside it others use copies with connections of their own.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, MutableMapping
from functools import cache
from typing import TYPE_CHECKING, Protocol, Self, TypeVar
from weakref import WeakKeyDictionary

from agentkit.errors import UsageError
from agentkit.event_loop import EventLoop

if TYPE_CHECKING:
    import ssl

    import httpx2


class _SdkClient(Protocol):
    """Any async client of the official SDK."""

    def copy(self, *, http_client: httpx2.AsyncClient | None = None) -> Self:
        """Return a client with the same settings."""
        ...


SdkClient = TypeVar("SdkClient", bound=_SdkClient)

_HTTP_CLIENT_OF_SDK = "AsyncHttpxClientWrapper"
"""The class of the HTTP client that the SDK makes where it is given none."""
_CONNECTION_POOL, _AIOHTTP_SESSION = "AsyncHTTPTransport", "AiohttpTransport"
"""The classes of the transports that keep connections. Others are taken as they are: they may work in any loop."""

_owners: MutableMapping[httpx2.AsyncClient, EventLoop] = WeakKeyDictionary()
"""The event loop that an HTTP client belongs to; several clients of the SDK may share one."""
_lock = threading.Lock()
"""Held while owners are looked up and set."""


async def take_over(client: object) -> bool:
    """Return True if a client may be used as it is in this event loop, and take it over from a loop that has ended."""
    http_client: httpx2.AsyncClient | None = getattr(client, "_client", None)
    kinds = {kind.__name__ for transport in _transports(http_client) for kind in type(transport).__mro__}
    if http_client is None or kinds.isdisjoint((_CONNECTION_POOL, _AIOHTTP_SESSION)):
        return True
    loop = EventLoop.current()
    with _lock:
        owner = _owners.setdefault(http_client, loop)
        if owner == loop:
            return True
        if _AIOHTTP_SESSION in kinds or owner.library != loop.library or not owner.has_ended:
            return False
        _owners[http_client] = loop
    for transport in _transports(http_client):
        with contextlib.suppress(RuntimeError):  # the event loop of its connections is closed
            await transport.aclose()
    return True


def copy_for_this_loop(client: SdkClient) -> SdkClient:
    """Return a copy of a client with connections of its own. Raises UsageError if its HTTP client was made by hand."""
    import anthropic

    if type(getattr(client, "_client", None)).__name__ != _HTTP_CLIENT_OF_SDK:
        raise UsageError(
            f"This {type(client).__name__} has an `http_client` of its own, whose connections belong to another event "
            "loop: make a client in each event loop, or leave out `http_client=`."
        )
    return client.copy(http_client=anthropic.DefaultAsyncHttpxClient(verify=_ssl_context()))


def _transports(http_client: httpx2.AsyncClient | None) -> Iterator[httpx2.AsyncBaseTransport]:
    """Yield the transport of an HTTP client and those for its proxies."""
    if http_client is not None:
        proxies: dict[object, httpx2.AsyncBaseTransport | None] = getattr(http_client, "_mounts", {})
        yield from filter(None, (getattr(http_client, "_transport", None), *proxies.values()))


@cache
def _ssl_context() -> ssl.SSLContext:
    import httpx2

    return httpx2.create_ssl_context()  # takes 20 ms
