"""Send one request of a check, and return the raw response: an unknown server may answer anything."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from agentkit.errors import AgentkitError
from agentkit.messages.printable import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agentkit.messages.message import JSONObject
    from agentkit.models.sdk.client import SdkClient

SECRET_VARIABLES = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN")
"""The environment variables in which the SDK looks for a secret, in its order."""
MESSAGES_PATH = "/v1/messages"
"""The path of requests for a message."""
_SHOWN_CHARS = 160
_TEMPORARY_STATUSES = {408, 409, 425, 429}


class NoResponse(AgentkitError):
    """No response was received.

    Args:
        reason: The reason, as a clause without a full stop.
        advice: What to do, where the reason tells.
    """

    def __init__(self, reason: str, advice: str = "") -> None:
        super().__init__(reason)
        self.advice = advice


@dataclass(frozen=True, slots=True)
class ServerResponse:
    """A complete HTTP response."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float

    @property
    def media_type(self) -> str:
        """The media type, from the header `content-type`."""
        return self.headers.get("content-type", "no content type").partition(";")[0].strip()

    @property
    def json_object(self) -> JSONObject | None:
        """The JSON object in the body; None for anything else."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            return None
        return cast("JSONObject", found) if isinstance(found, dict) else None

    @property
    def is_message(self) -> bool:
        """True if it is a reply of a model."""
        value = self.json_object
        return self.status == 200 and value is not None and isinstance(value.get("content"), list)

    @property
    def is_temporary(self) -> bool:
        """True if the same request may succeed later, so that the response says nothing about a feature."""
        return self.status in _TEMPORARY_STATUSES or self.status >= 500

    def brief(self) -> str:
        """Return the status and the error message on one line, with secrets redacted."""
        value = self.json_object
        if value is None:
            return f"{self.status} with {self.media_type}, which is no JSON object"
        error = value.get("error")
        message = cast("JSONObject", error).get("message") if isinstance(error, dict) else error
        text = str(message or value.get("message") or value.get("detail") or "")
        return redacted_line(f"{self.status} {text}" if text else str(self.status))

    def content_blocks(self, kind: str) -> list[JSONObject]:
        """Return the content blocks of a type, from a reply of a model."""
        content = (self.json_object or {}).get("content")
        items = cast("list[object]", content) if isinstance(content, list) else []
        blocks = [cast("JSONObject", item) for item in items if isinstance(item, dict)]
        return [block for block in blocks if block.get("type") == kind]

    def reply_text(self) -> str:
        """Return the text of a reply, without thinking."""
        return "".join(str(block.get("text", "")) for block in self.content_blocks("text"))


@dataclass(frozen=True, slots=True)
class Target:
    """The server under examination: its client and the model for the probes."""

    client: SdkClient
    """A client without retries, so that each request has one response."""
    model: str
    """The id of the model that is probed."""

    async def post_json(self, body: JSONObject, path: str = MESSAGES_PATH) -> ServerResponse:
        """Post a body with this target's model added.

        Raises:
            NoResponse: No response was received.
        """
        return await send_request(self.client, "POST", path, {"model": self.model, **body})


async def send_request(client: SdkClient, method: str, path: str, body: JSONObject | None = None) -> ServerResponse:
    """Send one request with the credentials and headers that agents send.

    Raises:
        NoResponse: No response was received.
    """
    import httpx2
    from anthropic import APIStatusError, AsyncAPIResponse

    from agentkit.models.endpoint_errors import EndpointError
    from agentkit.models.sdk.errors import translate_sdk_errors

    began = time.monotonic()
    try:
        with translate_sdk_errors("the model"):
            try:
                if method == "GET":
                    raw = await client.get(path, cast_to=AsyncAPIResponse[object])
                else:
                    raw = await client.post(path, cast_to=AsyncAPIResponse[object], body=body)
                response = raw.http_response
                data = await response.aread()
            except APIStatusError as error:
                response, data = error.response, error.response.content
    except EndpointError as error:
        raise NoResponse(redacted_line(error.problem, _SHOWN_CHARS * 2).rstrip("."), error.advice) from error
    except (AgentkitError, httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError) as error:
        raise NoResponse(redacted_line(str(error) or type(error).__name__).rstrip(".")) from error
    headers = {name.lower(): value for name, value in response.headers.items()}
    return ServerResponse(response.status_code, headers, data, time.monotonic() - began)


def redacted_line(text: str, max_chars: int = _SHOWN_CHARS) -> str:
    """Return a text from a server on one line, without secrets: some servers repeat the key that they refuse."""
    from agentkit.redaction.credentials import credentials_of_environment
    from agentkit.redaction.redactor import Redactor, text_without_secrets

    redactor = Redactor.of((), credentials_of_environment())
    return one_line(redactor.text(text_without_secrets(text)), max_chars)
