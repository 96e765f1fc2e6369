"""The endpoint of message batches behind a client of the SDK: create, look at, cancel, read and list them.

Each request is sent once, as those of `models/claude.py`: who retries it knows what a second one would mean.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias, cast

from agentkit.errors import ConfigurationError, ModelError
from agentkit.messages.message import JSONObject, encode
from agentkit.messages.strict_json import ExactFloat, may_hold_exact_float
from agentkit.models.client_capabilities import client_capabilities
from agentkit.models.sdk.errors import translate_sdk_errors

if TYPE_CHECKING:
    import httpx2
    from anthropic import RequestOptions

    from agentkit.messages.request import Request
    from agentkit.models.sdk.client import SdkClient

_PATH = "/v1/messages/batches"
_UNKNOWN_PATH_STATUSES = (404, 405)
_PAGE = 100
"""Batches in one page of a list."""
_TIMEOUT_S = 600.0
"""Seconds without a byte; a batch of 256 MB takes a while to be taken."""
_CONNECT_TIMEOUT_S = 10.0

TakeResult: TypeAlias = Callable[[str, JSONObject], None]
"""Takes the custom id and the result of one request of a batch."""


@dataclass(frozen=True, slots=True)
class BatchEndpoint:
    """The batches of the workspace that a client's key belongs to."""

    client: SdkClient
    """The client that sends the requests."""

    async def create(self, requests: Sequence[tuple[str, Request]], betas: Sequence[str]) -> str:
        """Submit requests under their custom ids, and return the id of the batch.

        Raises:
            ModelError: The batch was refused; or it is not known if it was created, see `is_outcome_unknown`.
            ConfigurationError: The server has no batches, or there are no credentials.
        """
        options = _options(betas)
        try:
            with translate_sdk_errors(_PATH):
                if client_capabilities(self.client).sends_bytes and not self.client.middleware:
                    body = _body_of(requests)
                    created = await self.client.post(_PATH, content=body, options=options, cast_to=object)
                else:
                    listed = [{"custom_id": name, "params": _params_of(one).to_dict()} for name, one in requests]
                    created = await self.client.post(_PATH, body={"requests": listed}, options=options, cast_to=object)
        except ModelError as error:
            if error.status in _UNKNOWN_PATH_STATUSES:
                raise self._no_batches() from error
            raise
        batch_id = cast("JSONObject", created).get("id") if isinstance(created, dict) else None
        if not isinstance(batch_id, str) or not batch_id:
            raise self._no_batches()
        return batch_id

    async def status(self, batch_id: str) -> JSONObject:
        """Return the batch as it is now. Raises ModelError."""
        return await self._get(f"{_PATH}/{batch_id}")

    async def cancel(self, batch_id: str) -> None:
        """Have the server stop a batch; the requests in work are still answered. Raises ModelError."""
        with translate_sdk_errors(_PATH):
            await self.client.post(f"{_PATH}/{batch_id}/cancel", options=_options(), cast_to=object)

    async def read_results(self, batch_id: str, take: TakeResult) -> None:
        """Hand over the results of a batch that has ended, one after another. Raises ModelError."""
        from anthropic import AsyncStream

        has_fault = False
        with translate_sdk_errors(_PATH):
            stream = await self.client.get(
                f"{_PATH}/{batch_id}/results",
                options=_options(),
                cast_to=object,
                stream=True,
                stream_cls=AsyncStream[object],
            )
            async with stream:
                async for line in _lines_of(stream.response):
                    if not line.strip():
                        continue
                    result = _parse_result(line)
                    if result is None:
                        has_fault = True  # the rest is read all the same: its results are right
                    else:
                        take(result["custom_id"], result["result"])
        if has_fault:
            text = f"A result of batch {batch_id} is no JSON object with `custom_id` and `result`."
            raise ModelError(text, kind="protocol_error", is_retryable=True)

    async def list_since(self, created_at: datetime) -> list[JSONObject]:
        """Return the batches that were created at this time or later, the oldest first. Raises ModelError."""
        found: list[JSONObject] = []
        query = f"?limit={_PAGE}"
        while True:
            page = await self._get(_PATH + query)
            batches: list[JSONObject] = page.get("data") or []
            new = [one for one in batches if datetime.fromisoformat(one["created_at"]) >= created_at]
            found += new
            if len(new) < len(batches) or not batches or not page.get("has_more"):
                return found[::-1]
            query = f"?limit={_PAGE}&after_id={batches[-1]['id']}"

    async def _get(self, path: str) -> JSONObject:
        with translate_sdk_errors(_PATH):
            found = await self.client.get(path, options=_options(), cast_to=object)
        if not isinstance(found, dict):
            raise ModelError("The server answered with no JSON object.", kind="protocol_error", is_retryable=True)
        return cast("JSONObject", found)

    def _no_batches(self) -> ConfigurationError:
        return ConfigurationError(
            f"The server at {self.client.base_url.host} has no message batches: leave `batch=True` out, or take a "
            "client of Claude's own API."
        )


def is_outcome_unknown(error: ModelError) -> bool:
    """Return True if a batch may have been created although its creation failed with this error."""
    return error.status is None or error.status >= 500 or error.status in (200, 408, 409)


def request_bytes(request: Request) -> int:
    """Return how many bytes a request adds to the body of a batch, at least."""
    messages = sum([len(message.encoded) + 1 for message in request.messages])
    return len(request.prefix.encoded) + messages + len(encode(dict(request.options))) + 128


def _body_of(requests: Sequence[tuple[str, Request]]) -> bytes:
    listed = [b'{"custom_id":"%b","params":%b}' % (name.encode(), _params_of(one).to_bytes()) for name, one in requests]
    return b'{"requests":[' + b",".join(listed) + b"]}"


def _params_of(request: Request) -> Request:
    """Return a request as it stands in a batch, whose replies are not streamed."""
    return replace(request, options={name: value for name, value in request.options.items() if name != "stream"})


def _options(betas: Sequence[str] = ()) -> RequestOptions:
    import httpx2

    headers = {"content-type": "application/json"}
    if betas:
        headers["anthropic-beta"] = ",".join(betas)
    return {
        "headers": headers,
        "max_retries": 0,
        "timeout": httpx2.Timeout(_TIMEOUT_S, connect=_CONNECT_TIMEOUT_S, pool=None),
    }


async def _lines_of(response: httpx2.Response) -> AsyncGenerator[bytes]:
    """Yield the lines of a response. They end with a line feed only: a text may hold other ends of lines."""
    rest = bytearray()
    async for chunk in response.aiter_bytes():
        *lines, last = chunk.split(b"\n")
        for line in lines:
            yield bytes(rest) + line
            rest.clear()
        rest += last
    yield bytes(rest)


def _parse_result(line: bytes) -> JSONObject | None:
    """Return the result in a line. None: it holds none. The inputs of tool calls in it are checked elsewhere."""
    try:
        found: object = json.loads(line, parse_float=_parse_float)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    result = cast("JSONObject", found)
    is_result = isinstance(result.get("custom_id"), str) and isinstance(result.get("result"), dict)
    return result if is_result else None


def _parse_float(text: str) -> float:
    return ExactFloat(text) if may_hold_exact_float(text) else float(text)
