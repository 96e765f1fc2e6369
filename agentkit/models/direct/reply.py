"""The responses of the direct client: a streamed reply, a refusal, and a small body of JSON.

One rule for this file: whatever a server sends, and however slowly, what is read has an end.
"""

from __future__ import annotations

import contextlib
import json
import time
from typing import TYPE_CHECKING

from agentkit.models.direct.wire_errors import error_within_reply
from agentkit.models.refusals import Refusal
from agentkit.models.wire.errors import WireError

if TYPE_CHECKING:
    from agentkit.models.direct.address import ApiAddress
    from agentkit.models.wire.exchange import Response

_MAX_BODY_BYTES = 1024 * 1024
"""The most that is read of a body that is no stream of events."""


class DirectReply:
    """A reply over a connection of our own."""

    __slots__ = ("_response", "address")

    def __init__(self, response: Response, address: ApiAddress) -> None:
        self._response = response
        self.address = address
        """The address that has answered."""

    @property
    def content_type(self) -> str:
        """The media type of the body. Empty: none was sent."""
        return (self._response.header(b"content-type") or b"").decode("latin-1")

    @property
    def has_ended(self) -> bool:
        """True if the end of the body was read."""
        return self._response.has_ended

    async def receive(self) -> bytes | None:
        """Return the bytes that are received next. None: the end."""
        try:
            return await self._response.read_some() or None
        except WireError as error:
            raise error_within_reply(error) from error

    async def drain(self) -> None:
        """Read the body to its end, or until it breaks off."""
        with contextlib.suppress(WireError):
            while await self._response.read_some():
                pass

    async def aclose(self) -> None:
        """Close the reply, and its connection if the body was not read to its end."""
        self._response.close()


async def raise_refusal(response: Response, model: str, address: ApiAddress, timeout_s: float) -> None:
    """Raise ModelError for a response that is none of success, by what its body says within so many seconds."""
    if 200 <= response.status < 300:
        return
    headers: dict[str, str] = {}
    for name, value in response.headers:
        headers.setdefault(name.decode("latin-1"), value.decode("latin-1"))
    body = bytearray()
    with contextlib.suppress(WireError):  # one that breaks off is a refusal all the same
        await _read_into(body, response, timeout_s)
    raise Refusal.from_response(response.status, headers, bytes(body), address).error(model)


async def read_json(response: Response, timeout_s: float) -> object:
    """Return the JSON of a body. None: it is no JSON, or not whole within so many seconds.

    Raises:
        ModelError: The body broke off.
    """
    body = bytearray()
    try:
        await _read_into(body, response, timeout_s)
    except WireError as error:
        raise error_within_reply(error) from error
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


async def _read_into(body: bytearray, response: Response, timeout_s: float) -> None:
    """Add to the body what comes of it: all, or what came in time, or the most that is read."""
    until = time.monotonic() + timeout_s
    while len(body) < _MAX_BODY_BYTES and time.monotonic() < until and (piece := await response.read_some()):
        body += piece
