"""Requests normalized for comparison: without secrets and without differences that do not change their meaning."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode

from agentkit.messages.message import JSON
from agentkit.redaction.redactor import REDACTED, is_secret_name, text_without_secrets, without_secrets

_OLD_SDK_PARAMETER = ("beta", "true")
"""The query parameter that older SDKs added to every beta request. It is ignored: the headers name the betas."""
_MULTIPART_FORM = re.compile(r"\A--(?P<boundary>\S{8,70})\r\n.*--(?P=boundary)--\s*\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """A request without secrets and without the order of JSON keys and query parameters. Build it with `from_http`."""

    method: str
    path: str
    """The path without its query."""
    query: str
    """The query with sorted parameters. Empty: there is none."""
    body: JSON = field(repr=False)
    """The JSON value, or the text of a body that is not JSON. None: there is no body."""
    key: str = field(repr=False)
    """A text that is equal for equal requests."""

    @classmethod
    def from_http(cls, method: str, path: str, body: bytes) -> RecordedRequest:
        """Normalize a request that was made or recorded."""
        method = method.upper()
        path, _, query = path_without_secrets(path).partition("?")
        query = urlencode(
            sorted(pair for pair in parse_qsl(query, keep_blank_values=True) if pair != _OLD_SDK_PARAMETER)
        )
        _, value = parse_and_redact(body, parse_float=_parse_number)
        if value is None and body:
            value = text_without_secrets(_without_boundary(body.decode("utf-8", "backslashreplace")))
        return cls(method, path, query, value, json.dumps([method, path, query, value], sort_keys=True))

    @property
    def endpoint(self) -> str:
        """The method and the path: `POST /v1/messages`."""
        return f"{self.method} {self.path}"

    @property
    def is_streamed(self) -> bool:
        """True if the request wants its reply as a stream of events."""
        return isinstance(self.body, dict) and self.body.get("stream") is True


def parse_and_redact(data: bytes, parse_float: Callable[[str], float] = float) -> tuple[JSON, JSON]:
    """Return the value of a JSON text, unchanged and without secrets; None twice if it is not JSON, or too deep."""
    try:
        value: JSON = json.loads(data.decode(), parse_float=parse_float)
        return value, without_secrets(value)
    except (ValueError, RecursionError):
        return None, None


def _without_boundary(text: str) -> str:
    """Return a multipart form with a fixed boundary: clients choose it at random."""
    match = _MULTIPART_FORM.match(text)
    return text if match is None else text.replace(match["boundary"], "boundary")


def _parse_number(text: str) -> float:
    """Parse a number so that 1.0 and 1 are equal as JSON: clients write either."""
    value = float(text)
    return int(value) if value.is_integer() else value


def path_without_secrets(path: str) -> str:
    """Return the path with secrets in it and in its query replaced; unchanged if there are none."""
    path, mark, query = path.partition("?")
    pairs = parse_qsl(query, keep_blank_values=True)
    clean = [(name, REDACTED if is_secret_name(name) else text_without_secrets(value)) for name, value in pairs]
    return text_without_secrets(path) + mark + (query if clean == pairs else urlencode(clean))
