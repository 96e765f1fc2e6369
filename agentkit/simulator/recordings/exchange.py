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

from agentkit.messages.message import JSON, JSONObject, encode
from agentkit.redaction.redactor import text_without_secrets, without_secrets
from agentkit.simulator.recordings.events import events_without_secrets, split_events
from agentkit.simulator.recordings.recorded_request import RecordedRequest, parse_and_redact, path_without_secrets

_REQUEST_HEADERS = {"anthropic-beta", "anthropic-version", "content-type"}
_RESPONSE_HEADERS = {
    "content-encoding",
    "content-type",
    "request-id",
    "retry-after",
    "retry-after-ms",
    "x-should-retry",
}
_RATE_LIMIT_PREFIX = "anthropic-ratelimit-"


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
        request_headers = {name.lower(): value for name, value in self.request_headers.items()}
        response_headers = {name.lower(): value for name, value in self.response_headers.items()}
        object.__setattr__(
            self,
            "request_headers",
            {name: request_headers[name] for name in request_headers if name in _REQUEST_HEADERS},
        )
        kept = {
            name: response_headers[name]
            for name in response_headers
            if name in _RESPONSE_HEADERS or name.startswith(_RATE_LIMIT_PREFIX)
        }
        object.__setattr__(self, "response_headers", kept)

    @property
    def request(self) -> RecordedRequest:
        """The request, normalized for comparison."""
        return RecordedRequest.from_http(self.method, self.path, self.request_body)

    @property
    def is_event_stream(self) -> bool:
        """True if the response is a stream of server-sent events."""
        return self.response_headers.get("content-type", "").startswith("text/event-stream")

    def body_chunks(self) -> list[bytes]:
        """Return the response body in the chunks in which a server sends it: one per event, or all in one."""
        return split_events(self.response_body) if self.is_event_stream else [self.response_body]

    def to_json(self) -> JSONObject:
        """Return the exchange as one JSON object without secrets."""
        request = {"headers": without_secrets(dict(self.request_headers)), **_request_body_json(self.request_body)}
        response = {"headers": without_secrets(dict(self.response_headers)), **self._response_body_json()}
        return {
            "request": {"method": self.method, "path": path_without_secrets(self.path), **request},
            "response": {"status": self.status, **response},
        }

    def _response_body_json(self) -> JSONObject:
        if not self.is_event_stream:
            return _body_json(self.response_body)
        try:
            events = [event.decode() for event in split_events(self.response_body)]
        except UnicodeDecodeError:
            return _body_json(self.response_body)
        return {"events": events_without_secrets(events)}

    @classmethod
    def from_json(cls, value: JSONObject, origin: str = "") -> Exchange:
        """Read an exchange that `to_json` wrote. Raises KeyError, TypeError or ValueError for anything else."""
        request, response = value["request"], value["response"]
        return cls(
            method=_require_str(request["method"]),
            path=_require_str(request["path"]),
            request_headers=_require_str_values(request.get("headers", {})),
            request_body=_body_bytes(request),
            status=int(response["status"]),
            response_headers=_require_str_values(response.get("headers", {})),
            response_body=_body_bytes(response),
            origin=origin,
        )


def decompress_body(headers: Mapping[str, str], data: bytes) -> tuple[dict[str, str], bytes]:
    """Return a body decompressed, with headers to match; both unchanged if the encoding is not supported."""
    headers = {name.lower(): value for name, value in headers.items()}
    encoding = headers.get("content-encoding", "identity")
    if encoding == "identity":
        return {name: value for name, value in headers.items() if name != "content-encoding"}, data
    import httpx2  # late: a replay has no need of it

    try:
        plain = httpx2.Response(200, headers={"content-encoding": encoding}, content=data).content
    except httpx2.DecodingError:  # the writer had decompressed the body, but kept the header
        return {name: value for name, value in headers.items() if name != "content-encoding"}, data
    if plain == data:
        return headers, data
    return {name: value for name, value in headers.items() if name != "content-encoding"}, plain


def _request_body_json(data: bytes) -> JSONObject:
    """Return a request body as JSON where it is JSON, whatever its formatting: requests are compared as JSON."""
    value, clean = parse_and_redact(data)
    return _body_json(data) if value is None else _json_or_text(clean)


def _body_json(data: bytes) -> JSONObject:
    if not data:
        return {}
    try:
        text = data.decode()
    except UnicodeDecodeError:
        # Not text. Secrets that are known by their pattern are redacted even there.
        without = text_without_secrets(data.decode("latin-1")).encode("latin-1")
        return {"base64": base64.b64encode(without).decode()}
    value, clean = parse_and_redact(data)
    if value is None:
        return {"text": text_without_secrets(text)}
    form = _json_or_text(clean)
    return form if value != clean or _body_bytes(form) == data else {"text": text}


def _json_or_text(value: JSON) -> JSONObject:
    try:
        encode(value)
    except ValueError:  # NaN, or half of a surrogate pair: Python reads it as JSON, but `encode` refuses it
        return {"text": json.dumps(value)}
    return {"json": value}


def _body_bytes(holder: Mapping[str, object]) -> bytes:
    if "json" in holder:
        return encode(holder["json"])
    if "events" in holder:
        return "".join(map(_require_str, cast("list[object]", holder["events"]))).encode()
    if "base64" in holder:
        return base64.b64decode(_require_str(holder["base64"]), validate=True)
    return _require_str(holder.get("text", "")).encode()


def _require_str_values(value: object) -> dict[str, str]:
    return {name: _require_str(text) for name, text in cast("dict[str, object]", value).items()}


def _require_str(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value
