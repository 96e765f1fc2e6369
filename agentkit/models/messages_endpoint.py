"""The protocol between `ClaudeModel` and a way to the API: the SDK's client is one, the direct client another."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol, TypeAlias

from agentkit.messages.message import JSONObject

if TYPE_CHECKING:
    from agentkit.messages.request import Request
    from agentkit.models.endpoint_errors import Address

RecordHeaders: TypeAlias = Callable[[Mapping[str, str]], None]
"""Takes the rate limits that the headers of a response report, and its `date`, by lower-case names."""

_RATE_LIMIT_HEADERS = (b"anthropic-ratelimit-", b"date")


class Reply(Protocol):
    """A streamed reply whose headers are there. It must be closed, wherever its reading ends."""

    @property
    def address(self) -> Address:
        """The address that has answered."""
        ...

    @property
    def content_type(self) -> str:
        """The media type of the body. Empty: none was sent."""
        ...

    @property
    def has_ended(self) -> bool:
        """True if the end of the body was read already, so that there is nothing to drain."""
        ...

    async def receive(self) -> object:
        """Return the bytes that are received next, or an event where events are not sent as text. None: the end."""
        ...

    async def drain(self) -> None:
        """Read the body to its end, or until it breaks off, so that its connection can be used again."""
        ...

    async def aclose(self) -> None:
        """Close the reply, and its connection if the body was not read to its end. Idempotent."""
        ...


class MessagesEndpoint(Protocol):
    """The endpoint /v1/messages. Each request is sent once: `models/retry.py` decides about retries."""

    async def open_reply(
        self, model: str, request: Request, record_headers: RecordHeaders, idle_timeout_s: float
    ) -> Reply:
        """Send a request and return its reply.

        Args:
            model: The id of the model, for the texts of errors.
            request: The request as it is sent.
            record_headers: Called with the rate limits of the response, those of a refusal too.
            idle_timeout_s: Seconds without a byte after which the connection is given up.

        Raises:
            ModelError: There is no reply, or the server refuses the request.
            ConfigurationError: There are no credentials, or no request can succeed.
        """
        ...

    async def count_tokens(self, model: str, body: JSONObject, betas: Sequence[str], idle_timeout_s: float) -> object:
        """Return the response of the token counting endpoint to a body. Raises as `open_reply`."""
        ...


def rate_limits_of(headers: Sequence[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return the rate limits that headers report, and their `date`, by lower-case names.

    A plain dict because look-ups in `httpx2.Headers` are slow.
    """
    return {
        name.decode(): value.decode("latin-1")
        for key, value in headers
        if (name := key.lower()).startswith(_RATE_LIMIT_HEADERS)
    }
