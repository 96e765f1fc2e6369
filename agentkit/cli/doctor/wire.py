"""One request and whatever comes back, taken as it is: a server under examination may answer anything."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from agentkit.cli.terminal.text import one_line
from agentkit.errors import AgentkitError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agentkit.messages.message import JSONObject
    from agentkit.models.client import Client

SECRETS = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN")
"""Where the SDK looks for a secret in the environment, in its order."""
_SHOWN_CHARS = 160
_SHORTEST_SECRET = 8
"""Characters; what is shorter occurs in words."""
_PASSING = {408, 409, 425, 429}


class NoAnswer(AgentkitError):
    """Nothing came back; the text says why, as a clause."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole HTTP response."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float

    @property
    def kind(self) -> str:
        """The media type."""
        return self.headers.get("content-type", "no content type").partition(";")[0].strip()

    @property
    def value(self) -> JSONObject | None:
        """The JSON object in the body; None for anything else."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            return None
        return cast("JSONObject", found) if isinstance(found, dict) else None

    @property
    def is_message(self) -> bool:
        """Whether it is a reply of a model."""
        value = self.value
        return self.status == 200 and value is not None and isinstance(value.get("content"), list)

    @property
    def is_passing(self) -> bool:
        """Whether the same request may fare better later, so that nothing follows from this answer."""
        return self.status in _PASSING or self.status >= 500

    def said(self) -> str:
        """The answer in a few words."""
        value = self.value
        if value is None:
            return f"{self.status} with {self.kind}, which is no JSON object"
        error = value.get("error")
        message = cast("JSONObject", error).get("message") if isinstance(error, dict) else error
        text = str(message or value.get("message") or value.get("detail") or "")
        return shown(f"{self.status} {text}" if text else str(self.status))

    def blocks(self, kind: str) -> list[JSONObject]:
        """The content blocks of a type, in a reply of a model."""
        content = (self.value or {}).get("content")
        items = cast("list[object]", content) if isinstance(content, list) else []
        blocks = [cast("JSONObject", item) for item in items if isinstance(item, dict)]
        return [block for block in blocks if block.get("type") == kind]

    def text(self) -> str:
        """The visible text of a reply."""
        return "".join(str(block.get("text", "")) for block in self.blocks("text"))


@dataclass(frozen=True, slots=True)
class Target:
    """The server under examination, and how to ask it."""

    client: Client
    """Without retries, so that what is seen is one answer."""
    model: str
    """The model that is asked."""

    async def send(self, body: JSONObject, path: str = "/v1/messages") -> Answer:
        """Post a body with this target's model in it. Raises NoAnswer."""
        return await exchange(self.client, "POST", path, {"model": self.model, **body})


async def exchange(client: Client, method: str, path: str, body: JSONObject | None = None) -> Answer:
    """One request with the credentials and headers that agents send. Raises NoAnswer."""
    import httpx2
    from anthropic import APIStatusError, AsyncAPIResponse

    from agentkit.models.api_errors import translated

    began = time.monotonic()
    try:
        with translated("the model"):
            try:
                if method == "GET":
                    raw = await client.get(path, cast_to=AsyncAPIResponse[object])
                else:
                    raw = await client.post(path, cast_to=AsyncAPIResponse[object], body=body)
                response = raw.http_response
                data = await response.aread()
            except APIStatusError as error:
                response, data = error.response, error.response.content
    except (AgentkitError, httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError) as error:
        raise NoAnswer(shown(str(error) or type(error).__name__).rstrip(".")) from error
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(response.status_code, headers, data, time.monotonic() - began)


def shown(text: str) -> str:
    """What came from elsewhere, in a line; servers have been seen to repeat the key that they refuse."""
    from agentkit.redaction.redactor import REDACTED, text_without_secrets

    for name in SECRETS:
        secret = os.environ.get(name, "").strip()
        if len(secret) >= _SHORTEST_SECRET:
            text = text.replace(secret, REDACTED)
    return one_line(text_without_secrets(text), _SHOWN_CHARS)
