"""One recorded request with its response: the headers that matter, and the bodies byte for byte.

Two rules for this file: nothing is written with secrets in it, and a response without secrets is read back with
exactly its original bytes.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

import httpx2

from agentkit.messages.message import JSON, JSONObject, encode
from agentkit.redaction.redactor import text_without_secrets, without_secrets
from agentkit.simulator.recordings.events import events_of, events_without_secrets
from agentkit.simulator.recordings.recorded_request import RecordedRequest, parsed, path_without_secrets

_REQUEST_HEADERS = {"anthropic-beta", "anthropic-version", "content-type"}
_RESPONSE_HEADERS = {
    "content-encoding",
    "content-type",
    "request-id",
    "retry-after",
    "retry-after-ms",
    "x-should-retry",
}
_RATE_LIMITS = "anthropic-ratelimit-"


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and the whole response to it. Headers that do not matter or hold secrets are dropped."""

    method: str
    path: str
    """The path with its query, as it was requested."""
    request_headers: Mapping[str, str]
    request_body: bytes = field(repr=False)
    status: int
    response_headers: Mapping[str, str]
    response_body: bytes = field(repr=False)
    origin: str = ""
    """The place that it was read from: `run.jsonl:3` is line 3 of that file. Empty: it was not read from a file."""

    def __post_init__(self) -> None:
        asked = {name.lower(): value for name, value in self.request_headers.items()}
        answered = {name.lower(): value for name, value in self.response_headers.items()}
        object.__setattr__(self, "request_headers", {name: asked[name] for name in asked if name in _REQUEST_HEADERS})
        kept = {name: answered[name] for name in answered if name in _RESPONSE_HEADERS or name.startswith(_RATE_LIMITS)}
        object.__setattr__(self, "response_headers", kept)

    @property
    def request(self) -> RecordedRequest:
        """The request, normalized for comparison."""
        return RecordedRequest.of(self.method, self.path, self.request_body)

    @property
    def is_event_stream(self) -> bool:
        """True if the response is a stream of server-sent events."""
        return self.response_headers.get("content-type", "").startswith("text/event-stream")

    def chunks(self) -> list[bytes]:
        """Return the response body in the chunks in which a server sends it: one per event, or all in one."""
        return events_of(self.response_body) if self.is_event_stream else [self.response_body]

    def to_json(self) -> JSONObject:
        """Return the exchange as one JSON object without secrets."""
        asked = {"headers": without_secrets(dict(self.request_headers)), **_request_body(self.request_body)}
        answered = {"headers": without_secrets(dict(self.response_headers)), **self._response_body()}
        return {
            "request": {"method": self.method, "path": path_without_secrets(self.path), **asked},
            "response": {"status": self.status, **answered},
        }

    def _response_body(self) -> JSONObject:
        if not self.is_event_stream:
            return _body(self.response_body)
        try:
            events = [event.decode() for event in events_of(self.response_body)]
        except UnicodeDecodeError:
            return _body(self.response_body)
        return {"events": events_without_secrets(events)}

    @classmethod
    def from_json(cls, value: JSONObject, origin: str = "") -> Exchange:
        """Read an exchange that `to_json` wrote. Raises KeyError, TypeError or ValueError for anything else."""
        request, response = value["request"], value["response"]
        return cls(
            method=_text(request["method"]),
            path=_text(request["path"]),
            request_headers=_headers(request.get("headers", {})),
            request_body=_bytes(request),
            status=int(response["status"]),
            response_headers=_headers(response.get("headers", {})),
            response_body=_bytes(response),
            origin=origin,
        )


def decoded(headers: Mapping[str, str], data: bytes) -> tuple[dict[str, str], bytes]:
    """Return a body decompressed, with headers to match; both unchanged if the encoding is not supported."""
    headers = {name.lower(): value for name, value in headers.items()}
    encoding = headers.get("content-encoding", "identity")
    try:
        plain = httpx2.Response(200, headers={"content-encoding": encoding}, content=data).content
    except httpx2.DecodingError:  # the writer had decompressed the body, but kept the header
        return {name: value for name, value in headers.items() if name != "content-encoding"}, data
    if plain == data and encoding != "identity":
        return headers, data
    return {name: value for name, value in headers.items() if name != "content-encoding"}, plain


def _request_body(data: bytes) -> JSONObject:
    """Return a request body as JSON where it is JSON, whatever its formatting: requests are compared as JSON."""
    value, clean = parsed(data)
    return _body(data) if value is None else _as_json(clean)


def _body(data: bytes) -> JSONObject:
    if not data:
        return {}
    try:
        text = data.decode()
    except UnicodeDecodeError:
        # Not text. Secrets that are known by their pattern are redacted even there.
        without = text_without_secrets(data.decode("latin-1")).encode("latin-1")
        return {"base64": base64.b64encode(without).decode()}
    value, clean = parsed(data)
    if value is None:
        return {"text": text_without_secrets(text)}
    form = _as_json(clean)
    return form if value != clean or _bytes(form) == data else {"text": text}


def _as_json(value: JSON) -> JSONObject:
    try:
        encode(value)
    except ValueError:  # NaN, or half of a surrogate pair: Python reads it as JSON, but `encode` refuses it
        return {"text": json.dumps(value)}
    return {"json": value}


def _bytes(holder: Mapping[str, object]) -> bytes:
    if "json" in holder:
        return encode(holder["json"])
    if "events" in holder:
        return "".join(map(_text, cast("list[object]", holder["events"]))).encode()
    if "base64" in holder:
        return base64.b64decode(_text(holder["base64"]), validate=True)
    return _text(holder.get("text", "")).encode()


def _headers(value: object) -> dict[str, str]:
    return {name: _text(text) for name, text in cast("dict[str, object]", value).items()}


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value
