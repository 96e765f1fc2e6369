"""The HTTP client for streamable HTTP: a connection that breaks fails one request, not the whole session.

The package `mcp` runs all requests of a session in one task group, which a network error tears down, and every other
call in flight with it. Here a network error becomes a JSON-RPC error response to its own request.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx2
from mcp.types import CONNECTION_CLOSED, INVALID_REQUEST

from agentkit.models.endpoint_errors import innermost_text

REQUEST_NOT_SENT = -32_098
"""JSON-RPC error code of this client: the server could not be reached, so it never got the request."""

_CONNECT_TIMEOUT_S = 30.0


def http_client(headers: Mapping[str, str]) -> httpx2.AsyncClient:
    """Return a client without a read timeout: tool calls have timeouts of their own."""
    return _ErrorAnsweringClient(headers=dict(headers), timeout=httpx2.Timeout(_CONNECT_TIMEOUT_S, read=None))


class _ErrorAnsweringClient(httpx2.AsyncClient):
    async def send(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
        """Send a request; a network error becomes a response with a JSON-RPC error."""
        try:
            response = await super().send(request, **options)
        except httpx2.TransportError as error:
            return _error_response(request, _jsonrpc_error_code(error), _error_text(error))
        if response.status_code in (401, 403):  # `mcp` itself reports no status to the user
            await response.aclose()
            words = f"HTTP {response.status_code} {response.reason_phrase}: check the credentials in its headers"
            return _error_response(request, INVALID_REQUEST, words)
        if isinstance(response.stream, httpx2.AsyncByteStream):
            response.stream = _ErrorTranslatingStream(response.stream)
        return response


class _ErrorTranslatingStream(httpx2.AsyncByteStream):
    """A response body that raises StreamError when it breaks off: `mcp` fails one request for it, not the session."""

    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._stream:
                yield chunk
        except httpx2.TransportError as error:
            raise httpx2.StreamError(_error_text(error)) from error

    async def aclose(self) -> None:
        await self._stream.aclose()


def _error_response(request: httpx2.Request, code: int, text: str) -> httpx2.Response:
    """Return a response with a JSON-RPC error, which `mcp` assigns to the request that it belongs to."""
    said = {"jsonrpc": "2.0", "id": None, "error": {"code": code, "message": text}}
    return httpx2.Response(503, json=said, request=request)


def _jsonrpc_error_code(error: httpx2.TransportError) -> int:
    is_unsent = isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.PoolTimeout)
    return REQUEST_NOT_SENT if is_unsent else CONNECTION_CLOSED


def _error_text(error: httpx2.TransportError) -> str:
    kind, text = type(error).__name__, innermost_text(error)
    return kind if text == kind else f"{kind}: {text}"
