"""The protocol between the direct client and what carries its requests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from agentkit.models.wire.exchange import Response
    from agentkit.models.wire.http1 import RequestHead


class Transport(Protocol):
    """Carries requests to one server: a pool of connections does, and so does a server in the same process."""

    async def send(
        self,
        head: RequestHead,
        body: Sequence[bytes] = (),
        *,
        connect_timeout_s: float | None,
        idle_timeout_s: float | None,
    ) -> Response:
        """Send a request and return its response, which must be closed; see `ConnectionPool.send`.

        Raises:
            WireError: There is no response.
        """
        ...

    def is_usable_here(self) -> bool:
        """Return True if it may be used in the running event loop."""
        ...

    async def aclose(self) -> None:
        """Close what is open and not in use."""
        ...
