"""Requests in the form in which they are compared: what a client may vary without asking anything else is gone."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode

from agentkit.messages.message import JSON
from agentkit.redaction.redactor import REDACTED, is_secret_name, text_without_secrets, without_secrets

_OLDER_SDK = ("beta", "true")
"""What the SDK once put into the query of every beta request; betas are named by the headers."""
_FORM = re.compile(r"\A--(?P<boundary>\S{8,70})\r\n.*--(?P=boundary)--\s*\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """A request without its secrets, the order of its keys and the order of its query. Build it with `of`."""

    method: str
    path: str
    """Without its query."""
    query: str
    body: JSON = field(repr=False)
    """The JSON value; of a body that is no JSON, its text. None: there is none."""
    key: str = field(repr=False)
    """Equal for equal requests."""

    @classmethod
    def of(cls, method: str, path: str, body: bytes) -> RecordedRequest:
        """Put a request that was made, or is kept, into this form."""
        method = method.upper()
        path, _, query = path_without_secrets(path).partition("?")
        query = urlencode(sorted(pair for pair in parse_qsl(query, keep_blank_values=True) if pair != _OLDER_SDK))
        _, value = parsed(body, parse_float=_number)
        if value is None and body:
            value = text_without_secrets(_without_boundary(body.decode("utf-8", "backslashreplace")))
        return cls(method, path, query, value, json.dumps([method, path, query, value], sort_keys=True))

    @property
    def endpoint(self) -> str:
        """What is asked, whatever is asked for: `POST /v1/messages`."""
        return f"{self.method} {self.path}"

    @property
    def is_streamed(self) -> bool:
        """Whether the answer is to come as events."""
        return isinstance(self.body, dict) and self.body.get("stream") is True


def parsed(data: bytes, parse_float: Callable[[str], float] = float) -> tuple[JSON, JSON]:
    """The value of a JSON text, as it is and without its secrets; None twice when it is none, or too deep to tell."""
    try:
        value: JSON = json.loads(data.decode(), parse_float=parse_float)
        return value, without_secrets(value)
    except (ValueError, RecursionError):
        return None, None


def _without_boundary(text: str) -> str:
    """A form as it would be with another line between its parts: clients draw it by lot."""
    match = _FORM.match(text)
    return text if match is None else text.replace(match["boundary"], "boundary")


def _number(text: str) -> float:
    """1.0 is the number 1, however a client writes it."""
    value = float(text)
    return int(value) if value.is_integer() else value


def path_without_secrets(path: str) -> str:
    """The path with the secrets in its query replaced; as it is when there are none."""
    path, mark, query = path.partition("?")
    pairs = parse_qsl(query, keep_blank_values=True)
    clean = [(name, REDACTED if is_secret_name(name) else text_without_secrets(value)) for name, value in pairs]
    return text_without_secrets(path) + mark + (query if clean == pairs else urlencode(clean))
