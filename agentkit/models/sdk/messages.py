"""The endpoint /v1/messages behind a client of the official SDK.

Requests go through the SDK's public low-level `post`, so its authentication, typed errors and middleware stay in force,
while the events arrive as the API's own dictionaries. The SDK's retries are switched off.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from agentkit.errors import ModelError
from agentkit.messages.message import JSONObject
from agentkit.models.client_capabilities import ClientCapabilities, client_capabilities
from agentkit.models.messages_endpoint import rate_limits_of
from agentkit.models.sdk.errors import translate_sdk_errors

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    import httpx2
    from anthropic import AsyncStream, RequestOptions

    from agentkit.messages.request import Request
    from agentkit.models.messages_endpoint import RecordHeaders
    from agentkit.models.sdk.client import SdkClient

_CONNECT_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class SdkMessages:
    """The endpoint behind any async client of the official SDK."""

    client: SdkClient
    """The client that sends the requests."""

    async def open_reply(
        self, model: str, request: Request, record_headers: RecordHeaders, idle_timeout_s: float
    ) -> SdkReply:
        """See `MessagesEndpoint.open_reply`."""
        import anthropic

        capabilities = client_capabilities(self.client)
        with translate_sdk_errors(model):
            try:
                stream = await self._post(request, capabilities, idle_timeout_s)
            except anthropic.APIStatusError as error:
                record_headers(rate_limits_of(error.response.headers.raw))
                raise
        record_headers(rate_limits_of(stream.response.headers.raw))
        return SdkReply(stream, model, is_framed=capabilities.has_framed_events)

    async def count_tokens(self, model: str, body: JSONObject, betas: Sequence[str], idle_timeout_s: float) -> object:
        """See `MessagesEndpoint.count_tokens`."""
        options = _request_options(betas, idle_timeout_s)
        with translate_sdk_errors(model):
            return await self.client.post("/v1/messages/count_tokens", body=body, options=options, cast_to=object)

    async def _post(
        self, request: Request, capabilities: ClientCapabilities, idle_timeout_s: float
    ) -> AsyncStream[object]:
        from anthropic import AsyncStream

        options = _request_options(request.betas, idle_timeout_s)
        options["headers"] = {**options.get("headers", {}), "accept": "text/event-stream"}
        if capabilities.sends_bytes and not self.client.middleware:
            return await self.client.post(
                "/v1/messages",
                content=request.to_bytes(),
                options=options,
                cast_to=object,
                stream=True,
                stream_cls=AsyncStream[object],
            )
        body = request.to_dict()
        if not capabilities.takes_top_level_marker:
            body = _with_block_marker(body)
        return await self.client.post(
            "/v1/messages", body=body, options=options, cast_to=object, stream=True, stream_cls=AsyncStream[object]
        )


class SdkReply:
    """A reply of the SDK.

    The SDK's own event parsing costs more than everything else here together, and raises errors from inside, which
    leaves generators behind that trio warns of. It is used only where events are not sent as text (Bedrock).

    Args:
        stream: The reply.
        model: The id of the model, for the texts of errors.
        is_framed: True: the events are not sent as text.
    """

    def __init__(self, stream: AsyncStream[object], model: str, *, is_framed: bool) -> None:
        self._stream = stream
        self._model = model
        self._source: AsyncIterator[object] = stream if is_framed else stream.response.aiter_bytes()

    @property
    def address(self) -> httpx2.URL:
        """The address that has answered, behind all redirects."""
        return self._stream.response.url

    @property
    def content_type(self) -> str:
        """The media type of the body."""
        content_type: str = self._stream.response.headers.get("content-type", "")
        return content_type

    @property
    def has_ended(self) -> bool:
        """Always False: only the generator of the SDK knows."""
        return False

    async def receive(self) -> object:
        """Return the bytes, or the event, that are received next. None: the end."""
        try:
            return await anext(self._source, None)
        except Exception:
            with translate_sdk_errors(self._model):
                raise

    async def aclose(self) -> None:
        """Close the reply, and its connection if the body was not read to its end."""
        with translate_sdk_errors(self._model):
            await self._stream.close()
        await self.drain()

    async def drain(self) -> None:
        """Read the body to its end, which also ends the SDK's generator: trio warns of one that is left unfinished."""
        import anthropic
        import httpx2

        with contextlib.suppress(
            httpx2.HTTPError, httpx2.StreamError, anthropic.AnthropicError, json.JSONDecodeError, ModelError
        ):
            while await anext(self._source, None) is not None:
                pass


def _request_options(betas: Sequence[str], idle_timeout_s: float) -> RequestOptions:
    headers = {"content-type": "application/json"}
    if betas:
        headers["anthropic-beta"] = ",".join(betas)
    return {"headers": headers, "max_retries": 0, "timeout": _http_timeout(idle_timeout_s)}


@cache
def _http_timeout(idle_s: float) -> httpx2.Timeout:
    import httpx2

    # Any byte restarts the read timeout, those of a ping too.
    return httpx2.Timeout(idle_s, connect=min(_CONNECT_TIMEOUT_S, idle_s), pool=None)


def _with_block_marker(body: JSONObject) -> JSONObject:
    """Return the body with its top-level cache marker moved to the last block, on copies of what changes."""
    marker = body.pop("cache_control", None)
    if marker is None:
        return body
    *earlier, last = body["messages"]
    content = last["content"]
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else list(content)
    blocks[-1] = {**blocks[-1], "cache_control": marker}
    return {**body, "messages": [*earlier, {**last, "content": blocks}]}
