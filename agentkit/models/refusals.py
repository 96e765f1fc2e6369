"""A response of the API that is no reply -> ModelError: kind, code, retry and wait, by its status, headers and body.

Two rules for this file: it knows no client and no transport; and it never raises, whatever a server sends.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from agentkit.budget.prices import PRICES
from agentkit.errors import ModelError
from agentkit.models.endpoint_errors import advice_on_path
from agentkit.models.rate_limiting.retry_after import parse_retry_after_s
from agentkit.models.stream_accumulator import NON_RETRYABLE_ERRORS

if TYPE_CHECKING:
    from agentkit.messages.message import JSONObject
    from agentkit.models.endpoint_errors import Address

OVERLOAD_STATUSES = (429, 529)
OVERLOAD_KINDS = ("rate_limit_error", "overloaded_error")
_RETRYABLE_STATUSES = {408, 409, 429}
_UNKNOWN_PATH_STATUSES = (404, 405)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A response of the API that is no reply."""

    status: int
    """The HTTP status. 200: an `error` event in a stream."""
    headers: Mapping[str, str]
    """The headers; look-ups in lower case find them."""
    body: object
    """The body as JSON; its text where it is none."""
    text: str
    """The sentence for a body without a message of its own."""
    address: Address
    """The address of the request."""

    @classmethod
    def from_response(cls, status: int, headers: Mapping[str, str], body: bytes, address: Address) -> Refusal:
        """Read the body of a response."""
        text = body.decode("utf-8", "replace").strip()
        try:
            value: object = json.loads(text)
        except (ValueError, RecursionError):
            return cls(status, headers, text, text or f"Error code: {status}", address)
        return cls(status, headers, value, f"Error code: {status} - {value}", address)

    def error(self, model: str) -> ModelError:
        """Return the error for a request to `model`."""
        error = _object_at(self.body, "error")
        kind, code = _text_at(error, "type"), _text_at(_object_at(error, "details"), "error_code")
        return ModelError(
            self._sentence(model, kind, code, _text_at(error, "message") or self.text),
            kind=kind or f"http_{self.status}",
            code=code,
            status=self.status,
            request_id=self.headers.get("request-id"),
            is_retryable=self._is_retryable(kind),
            retry_after_s=parse_retry_after_s(self.headers, datetime.now(UTC)),
        )

    def _sentence(self, model: str, kind: str | None, code: str | None, text: str) -> str:
        if self.status == 404 and code is None and "model" in text:
            similar = difflib.get_close_matches(model, PRICES, n=3)
            return f"The server does not know the model {model!r}." + (
                f" Similar: {', '.join(similar)}." if similar else ""
            )
        text = f"The API answered {self.status} {kind or f'http_{self.status}'}: {text}"
        if self.status in _UNKNOWN_PATH_STATUSES:
            advice = advice_on_path(self.address, is_of_api=kind is not None)
            text = f"{text.rstrip('.')}.{advice}" if advice else text
        return text

    def _is_retryable(self, kind: str | None) -> bool:
        if self.status == 200:
            return kind not in NON_RETRYABLE_ERRORS
        said = self.headers.get("x-should-retry")
        if said in ("true", "false"):
            return said == "true"
        return self.status in _RETRYABLE_STATUSES or self.status >= 500


def _object_at(value: object, key: str) -> JSONObject:
    """Return the object under a key; empty where there is none."""
    found: object = cast("JSONObject", value).get(key) if isinstance(value, dict) else None
    return cast("JSONObject", found) if isinstance(found, dict) else {}


def _text_at(value: JSONObject, key: str) -> str | None:
    """Return the text under a key. None: there is none, or it is empty."""
    found: object = value.get(key)
    return found if isinstance(found, str) and found else None
