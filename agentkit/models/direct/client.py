"""The direct client: requests to the API over connections of our own, without the SDK in memory.

It belongs to the event loop in which it was opened. What it has no way for itself goes through a client of the SDK with
the same address and credential, which opens on first use: message batches, and a server that redirects.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from agentkit.messages.message import JSONObject, encode
from agentkit.models.direct.api_headers import api_headers, api_headers_mistake
from agentkit.models.direct.reply import DirectReply, raise_refusal, read_json
from agentkit.models.direct.wire_errors import error_before_reply
from agentkit.models.endpoint_errors import EndpointError
from agentkit.models.messages_endpoint import rate_limits_of
from agentkit.models.sdk.client import open_sdk_client, unopened_client
from agentkit.models.sdk.messages import SdkMessages
from agentkit.models.wire.dialing import Server
from agentkit.models.wire.errors import IllegalHead, WireError
from agentkit.models.wire.http1 import RequestHead
from agentkit.models.wire.pool import ConnectionPool
from agentkit.models.wire.tls import tls_context

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic

    from agentkit.messages.request import Request
    from agentkit.models.direct.address import ApiAddress
    from agentkit.models.direct.transport import Transport
    from agentkit.models.direct.way import DirectWay
    from agentkit.models.messages_endpoint import RecordHeaders, Reply
    from agentkit.models.sdk.client import SdkClient
    from agentkit.models.wire.exchange import Response

_CONNECT_TIMEOUT_S = 10.0
_MESSAGES, _COUNT_TOKENS = "/v1/messages", "/v1/messages/count_tokens"
_REDIRECTS = (301, 302, 303, 307, 308)


@dataclass(frozen=True, slots=True)
class _Target:
    """The address of requests, and how they begin."""

    address: ApiAddress
    head: RequestHead


class DirectClient:
    """A client of one address with one credential.

    Args:
        way: The address, the credential and the headers.
        transport: What carries the requests. None: connections of our own.
        open_sdk_client: Opens the client of the SDK for what has no direct way. None: with the same address and key.

    Raises:
        EndpointError: A header cannot be sent, or the certificates of SSL_CERT_FILE cannot be read.
    """

    middleware: Sequence[object] = ()
    """Always empty: middleware is for clients of the SDK."""

    def __init__(
        self,
        way: DirectWay,
        transport: Transport | None = None,
        open_sdk_client: Callable[[], AsyncAnthropic] | None = None,
    ) -> None:
        self._way = way
        if (mistake := api_headers_mistake(way.variable, way.credential, way.custom_headers)) is not None:
            raise EndpointError(mistake)
        self.default_headers = api_headers(way.credential, way.custom_headers)
        """The headers of all requests, by lower-case names."""
        self._targets: dict[tuple[str, tuple[str, ...]], _Target] = {}
        self._transport = _open_pool(way.address) if transport is None else transport
        self._open_sdk_client = open_sdk_client or partial(_sdk_client_for, way)
        self._sdk_client: AsyncAnthropic | None = None
        self._is_redirected = self._has_answered = False
        self._is_closed = False
        self._target_of(_MESSAGES, ())  # so that a header that cannot be sent is found before the first request

    def __repr__(self) -> str:
        return f"DirectClient({str(self._way.address)!r})"

    @property
    def api_key(self) -> str:
        """The key or the token."""
        return self._way.credential

    @property
    def base_url(self) -> str:
        """The address of the server."""
        return str(self._way.address)

    def is_usable_here(self) -> bool:
        """Return True if it may be used in the running event loop: its connections belong to the first one."""
        return self._transport.is_usable_here()

    def copy(self) -> DirectClient:
        """Return a client of the same server with connections of its own."""
        return DirectClient(self._way)

    # -- /v1/messages --------------------------------------------------------------------------------------------

    async def open_reply(
        self, model: str, request: Request, record_headers: RecordHeaders, idle_timeout_s: float
    ) -> Reply:
        """See `MessagesEndpoint.open_reply`."""
        target = self._target_of(_MESSAGES, request.betas)
        response = await self._send(target, request.to_parts(), idle_timeout_s)
        if response is None:
            return await SdkMessages(self.sdk_client()).open_reply(model, request, record_headers, idle_timeout_s)
        try:
            record_headers(rate_limits_of(response.headers))
            await raise_refusal(response, model, target.address, idle_timeout_s)
        except BaseException:
            response.close()
            raise
        return DirectReply(response, target.address)

    async def count_tokens(self, model: str, body: JSONObject, betas: Sequence[str], idle_timeout_s: float) -> object:
        """See `MessagesEndpoint.count_tokens`."""
        target = self._target_of(_COUNT_TOKENS, betas)
        response = await self._send(target, (encode(body),), idle_timeout_s)
        if response is None:
            return await SdkMessages(self.sdk_client()).count_tokens(model, body, betas, idle_timeout_s)
        try:
            await raise_refusal(response, model, target.address, idle_timeout_s)
            return await read_json(response, idle_timeout_s)
        finally:
            response.close()

    async def _send(self, target: _Target, body: Sequence[bytes], idle_timeout_s: float) -> Response | None:
        """Return the response to a request. None: the server redirects, which only the SDK's client follows."""
        if self._is_redirected:
            return None
        connect_timeout_s = min(_CONNECT_TIMEOUT_S, idle_timeout_s)
        try:
            response = await self._transport.send(
                target.head, body, connect_timeout_s=connect_timeout_s, idle_timeout_s=idle_timeout_s
            )
        except WireError as error:
            raise error_before_reply(error, target.address, has_answered=self._has_answered) from error
        self._has_answered = True
        if response.status not in _REDIRECTS or response.header(b"location") is None:
            return response
        response.close()
        self._is_redirected = True
        await self._transport.aclose()
        return None

    def _target_of(self, path: str, betas: Sequence[str]) -> _Target:
        """Return the address and the head of requests to a path; they are made once."""
        key = path, tuple(betas)
        if key not in self._targets:
            address = self._way.address.join(path)
            try:
                self._targets[key] = _Target(address, self._head_of(address, betas, is_streamed=path == _MESSAGES))
            except IllegalHead as error:
                raise EndpointError(
                    f"The header {error.name!r} of requests to the Claude API has a character that HTTP does not take, "
                    f"such as a space at its end. Check {self._way.variable} and ANTHROPIC_CUSTOM_HEADERS."
                ) from None
        return self._targets[key]

    def _head_of(self, address: ApiAddress, betas: Sequence[str], *, is_streamed: bool) -> RequestHead:
        headers = {"host": address.netloc, **self.default_headers, "content-type": "application/json"}
        if is_streamed:
            headers["accept"] = "text/event-stream"
        if betas:
            headers["anthropic-beta"] = ",".join(betas)
        lines = [(name.encode(), value.encode()) for name, value in headers.items()]
        return RequestHead(b"POST", address.path.encode(), lines)

    # -- the SDK's client ----------------------------------------------------------------------------------------

    def sdk_client(self) -> AsyncAnthropic:
        """Return the client of the SDK for what has no direct way."""
        if self._sdk_client is None:
            self._sdk_client = self._open_sdk_client()
        return self._sdk_client

    def is_closed(self) -> bool:
        """Return True once `close` was called."""
        return self._is_closed

    async def close(self) -> None:
        """Close all connections."""
        self._is_closed = True
        try:
            await self._transport.aclose()
        finally:
            if self._sdk_client is not None:
                await self._sdk_client.close()


def _open_pool(address: ApiAddress) -> ConnectionPool:
    try:
        tls = tls_context() if address.scheme == "https" else None
    except OSError as error:
        raise unopened_client(error) from None
    return ConnectionPool(Server(address.host, address.connect_port, tls))


def _sdk_client_for(way: DirectWay) -> AsyncAnthropic:
    is_key = way.variable == "ANTHROPIC_API_KEY"
    return open_sdk_client(
        api_key=way.credential if is_key else None,
        auth_token=None if is_key else way.credential,
        base_url=str(way.address),
        default_headers=way.custom_headers,
    )


def sdk_client_of(client: SdkClient | DirectClient) -> SdkClient:
    """Return a client of the SDK for what the direct client has no way for: the client itself, if it is one."""
    return client.sdk_client() if isinstance(client, DirectClient) else client
