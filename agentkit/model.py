"""One streamed request in, the API's stream events out: the narrow door to a model.

The request goes through the SDK's public low-level `post`, so its authentication, retries before the first byte,
typed errors and middleware stay in force, while the events reach us as the API's own dictionaries.
"""

from __future__ import annotations

import contextlib
import json
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, cast

from agentkit import model_errors
from agentkit.errors import ModelError
from agentkit.messages import JSONObject, Request

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    from anthropic import AsyncStream, RequestOptions

    from agentkit.client import Client

# Exactly these types send prepared bytes unchanged; Bedrock and Vertex rewrite the body, and of a subclass we do
# not know it.
_TAKES_BYTES = {"AsyncAnthropic", "AsyncAnthropicFoundry", "AsyncAnthropicAWS", "AsyncAnthropicBedrockMantle"}
# These lack the top-level cache marker.
_NEEDS_BLOCK_MARKER = {"AsyncAnthropicBedrock", "AsyncAnthropicVertex"}


class Model(Protocol):
    """Whatever can answer a request. Give one to `Agent(model=...)` to bring a model of your own."""

    @property
    def name(self) -> str:
        """The model id, sent with the request and looked up in the price table."""
        ...

    def stream(self, request: Request) -> AbstractAsyncContextManager[AsyncIterator[JSONObject]]:
        """Send one request; the context yields the API's stream events as dictionaries.

        Raises ModelError when there is no reply, on entry or while reading.
        """
        ...


@dataclass(frozen=True, slots=True)
class ClaudeModel:
    """A Claude model behind any async client of the official SDK."""

    name: str
    client: Client

    @asynccontextmanager
    async def stream(self, request: Request) -> AsyncGenerator[AsyncIterator[JSONObject]]:
        """See `Model.stream`."""
        with model_errors.translated(self.name):
            stream = await self._post(request)
            async with stream, aclosing(_events(stream)) as events:
                yield events

    async def _post(self, request: Request) -> AsyncStream[object]:
        from anthropic import AsyncStream

        kind = type(self.client).__name__
        is_official = type(self.client).__module__.partition(".")[0] == "anthropic"
        headers = {"content-type": "application/json", "accept": "text/event-stream"}
        if request.betas:
            headers["anthropic-beta"] = ",".join(request.betas)
        options: RequestOptions = {"headers": headers}
        if is_official and kind in _TAKES_BYTES and not self.client.middleware:
            return await self.client.post(
                "/v1/messages",
                content=request.to_bytes(),
                options=options,
                cast_to=object,
                stream=True,
                stream_cls=AsyncStream[object],
            )
        body = request.to_dict()
        if kind in _NEEDS_BLOCK_MARKER:
            body = _with_block_marker(body)
        return await self.client.post(
            "/v1/messages", body=body, options=options, cast_to=object, stream=True, stream_cls=AsyncStream[object]
        )


async def _events(stream: AsyncStream[object]) -> AsyncGenerator[JSONObject]:
    try:
        while (event := await anext(stream, None)) is not None:  # `async for` would leave a generator of its own
            if isinstance(event, dict):
                yield cast("JSONObject", event)
    except json.JSONDecodeError as error:
        raise ModelError("The server sent an event that is not JSON.", kind="protocol_error") from error
    except GeneratorExit:
        await _finish(stream)
        raise


async def _finish(stream: AsyncStream[object]) -> None:
    """Close a stream that is left early, and run the SDK's generator behind it to its end: trio wants none left."""
    import anthropic
    import httpx2

    await stream.close()
    with contextlib.suppress(httpx2.HTTPError, httpx2.StreamError, anthropic.AnthropicError, json.JSONDecodeError):
        while await anext(stream, None) is not None:
            pass


def _with_block_marker(body: JSONObject) -> JSONObject:
    """The top-level cache marker moved to the last block, on copies: the conversation itself stays as it is."""
    marker = body.pop("cache_control", None)
    if marker is None:
        return body
    *earlier, last = body["messages"]
    content = last["content"]
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else list(content)
    blocks[-1] = {**blocks[-1], "cache_control": marker}
    return {**body, "messages": [*earlier, {**last, "content": blocks}]}
