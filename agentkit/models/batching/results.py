"""The result of one request of a batch: the stream events of its message, or the error that it comes to."""

from __future__ import annotations

import json
import secrets
from collections.abc import AsyncGenerator, Mapping
from typing import cast

from agentkit.errors import ModelError
from agentkit.messages.message import Block, JSONObject
from agentkit.messages.strict_json import ExactFloat
from agentkit.models.stream_accumulator import NON_RETRYABLE_ERRORS

STATUSES: Mapping[str, int] = {
    "invalid_request_error": 400, "authentication_error": 401, "billing_error": 402, "permission_error": 403,
    "not_found_error": 404, "request_too_large": 413, "rate_limit_error": 429, "api_error": 500, "timeout_error": 504,
    "overloaded_error": 529,
}  # fmt: skip
"""The HTTP status that a request on its own gets for an error of this type, by which errors are judged."""

EXPIRED, LATE, CANCELED = "batch_expired", "batch_late", "batch_canceled"
"""Kinds of errors: the batch has expired; it was given up after `batch_wait_s`; somebody else has canceled it."""


async def events_of_message(message: JSONObject) -> AsyncGenerator[JSONObject]:
    """Yield the stream events of a complete message, each block in one piece."""
    content: list[Block] = message["content"]
    usage: JSONObject = {"service_tier": "batch", **(message.get("usage") or {})}
    yield {"type": "message_start", "message": {**message, "content": [], "usage": usage}}
    for index, block in enumerate(content):
        given: object = block.get("input")
        is_call = block.get("type") in ("tool_use", "server_tool_use", "mcp_tool_use") and given is not None
        start: Block = {**block, "input": {}} if is_call else block
        yield {"type": "content_block_start", "index": index, "content_block": start}
        if is_call:  # as text, so that it is parsed and checked as that of a streamed reply
            delta = {"type": "input_json_delta", "partial_json": _input_text(given)}
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    ended = {name: message.get(name) for name in ("stop_reason", "stop_sequence", "stop_details", "container")}
    yield {
        "type": "message_delta",
        "delta": ended,
        "usage": usage,
        "context_management": message.get("context_management"),
    }
    yield {"type": "message_stop"}


def _input_text(given: object) -> str:
    """Return the input of a tool call as JSON, with all digits of its numbers."""
    numbers: dict[str, ExactFloat] = {}
    mark = secrets.token_hex(8)

    def marked(value: object) -> object:
        match value:
            case ExactFloat():
                numbers[name := f"{mark}-{len(numbers)}"] = value
                return name
            case dict():
                return {key: marked(inner) for key, inner in cast("JSONObject", value).items()}
            case list():
                return [marked(inner) for inner in cast("list[object]", value)]
            case _:
                return value

    text = json.dumps(marked(given), ensure_ascii=False, separators=(",", ":"))
    for name, number in numbers.items():
        text = text.replace(f'"{name}"', number.text)
    return text


def message_of(result: JSONObject, batch_id: str, *, is_ours_to_cancel: bool, was_given_up: bool) -> JSONObject:
    """Return the message of a result.

    Args:
        result: The result, as the API gives it.
        batch_id: The id of the batch.
        is_ours_to_cancel: True if it may be this program that has canceled the batch, in this or an earlier process.
        was_given_up: True if it was canceled since its time was over.

    Raises:
        ModelError: There is no message.
    """
    match result.get("type"):
        case "succeeded" if isinstance(result.get("message"), dict):
            return cast("JSONObject", result["message"])
        case "errored":
            raise _error_of(result.get("error"))
        case "expired":
            text = f"Batch {batch_id} expired before the API came to this request."
            raise ModelError(text, kind=EXPIRED, is_retryable=True)
        case "canceled" if was_given_up:
            text = f"Batch {batch_id} was not through in time, and was canceled before the API came to this request."
            raise ModelError(text, kind=LATE, is_retryable=True)
        case "canceled" if is_ours_to_cancel:
            text = f"Batch {batch_id} was canceled before the API came to this request."
            raise ModelError(text, kind=CANCELED, is_retryable=True)
        case "canceled":
            text = f"Batch {batch_id} was canceled, and not by this program, before the API came to this request."
            raise ModelError(text, kind=CANCELED)
        case kind:
            text = f"Batch {batch_id} has a result of the unknown type {kind!r:.100}."
            raise ModelError(text, kind="protocol_error")


def _error_of(given: object) -> ModelError:
    response = cast("JSONObject", given) if isinstance(given, dict) else {}
    inner: object = response.get("error")
    error = cast("JSONObject", inner) if isinstance(inner, dict) else response
    kind, said = str(error.get("type") or "api_error"), error.get("message")
    status, request_id = STATUSES.get(kind), response.get("request_id")
    text = f"The API answered {'' if status is None else f'{status} '}{kind}: {said}"
    return ModelError(
        text,
        kind=kind,
        status=status,
        request_id=request_id if isinstance(request_id, str) else None,
        is_retryable=kind not in NON_RETRYABLE_ERRORS,
    )
