"""The prompt of a request before it is sent: an upper bound of its tokens, and an estimate.

A token is never shorter than a byte, so bytes bound tokens. The constants for what the API adds by itself and for
pictures and documents are upper bounds, too, not estimates.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from agentkit.budget.usage import Usage
from agentkit.messages.message import JSONObject

if TYPE_CHECKING:
    from agentkit.messages.message import Message
    from agentkit.messages.request import EncodedPrefix, Request

IMAGE_TOKENS = 4_784
"""The most tokens of a picture: larger ones are scaled down. Source: vision guide, high-resolution models."""
DOCUMENT_TOKENS = 600 * (3_000 + IMAGE_TOKENS)
"""The most tokens of a PDF: 600 pages, each as text and as a picture. Source: PDF guide."""
_ESTIMATED_DOCUMENT_TOKENS = 100_000
"""The tokens of a PDF at most, as the rate limiter counts it: those of 30 to 60 pages."""
ADDED_TOKENS: Mapping[str, int] = {"request": 64, "message": 8, "tools": 800, "output_config": 800, "thinking": 64}
"""Tokens that the API adds to the prompt: for each request and message, and for tools, a format, thinking.

The published figures are 264 to 804 for tools; the others are generous guesses.
"""

_PROMPT_COUNTERS = {None: "input_tokens", "5m": "cache_write_5m_tokens", "1h": "cache_write_1h_tokens"}


def worst_case_usage(request: Request, prompt_tokens: int) -> Usage:
    """Return the usage of a prompt that the server did not report, at its worst: all written to the cache if any is."""
    return Usage(**{_PROMPT_COUNTERS[cache_write_lifetime(request)]: prompt_tokens})


def max_prompt_tokens(request: Request, known_tokens: int = 0, known_messages: int = 0) -> int:
    """Return the most tokens that the prompt of a request can have.

    Args:
        known_tokens: Tokens of the prefix and the first `known_messages` messages, as the server counted them.
        known_messages: The number of messages in that count. 0: nothing was counted, so the whole prompt is measured.
    """
    head = known_tokens if known_messages else len(request.prefix.encoded) + ADDED_TOKENS["tools"]
    tokens = head + ADDED_TOKENS["request"]
    for name in request.options:
        if name in ADDED_TOKENS:
            tokens += ADDED_TOKENS[name]
    return tokens + sum(map(max_message_tokens, request.messages[known_messages:]))


@dataclass(slots=True)
class PromptEstimate:
    """A running estimate of the prompt of a conversation: only what is new is measured, as long as it only grows."""

    _messages: Sequence[Message] = ()
    _measured: int = 0
    """The number of these messages that are measured."""
    _bytes: int = 0
    """Their bytes, as far as they count."""
    _marked: tuple[Message, ...] = ()
    """Those of them that have a cache marker."""

    def of_prompt(
        self, prefix: EncodedPrefix, messages: Sequence[Message], sent: Sequence[Message]
    ) -> tuple[Sequence[Message], int, tuple[Message, ...]]:
        """Return the `estimate` of a request: four bytes are a token, except of a picture.

        Args:
            prefix: The prompt prefix.
            messages: The messages. The same list as before was only appended to; in another one they were replaced.
            sent: The messages of the request, the same ones.
        """
        if messages is not self._messages:
            self._messages, self._measured, self._bytes, self._marked = messages, 0, 0, ()
        for message in messages[self._measured :]:
            self._bytes += _counted_bytes(message)
            if message.markers:
                self._marked += (message,)
        self._measured = len(messages)
        return sent, (len(prefix.encoded) + self._bytes) // 4, self._marked


def estimated_prompt_tokens(request: Request) -> int:
    """Return an estimate of the prompt's tokens, for the rate limiter."""
    if request.estimate is not None and request.estimate[0] is request.messages:
        return request.estimate[1]
    return PromptEstimate().of_prompt(request.prefix, request.messages, request.messages)[1]


def _counted_bytes(message: Message) -> int:
    """Return the bytes of a message; the data of a picture is longer than its tokens, and rare."""
    size = len(message.encoded)
    return size - _bytes_over_tokens(message) if size > 4 * IMAGE_TOKENS else size


def _bytes_over_tokens(message: Message) -> int:
    """Return the bytes by which the data of pictures and PDFs is longer than four for each of their tokens."""
    over = 0
    if isinstance(message.content, str):
        return over
    for kind, source in _media_sources(cast("Sequence[object]", message.content)):
        data = source.get("data")
        if isinstance(data, str) and source.get("type") != "text":
            over += max(0, len(data) - 4 * (IMAGE_TOKENS if kind == "image" else _ESTIMATED_DOCUMENT_TOKENS))
    return over


def max_message_tokens(message: Message) -> int:
    """Return the most tokens that a message can have."""
    tokens = len(message.encoded) + ADDED_TOKENS["message"]
    if isinstance(message.content, str) or b'"source"' not in message.encoded:
        return tokens
    for kind, source in _media_sources(cast("Sequence[object]", message.content)):
        data = source.get("data")
        if source.get("type") == "text":
            continue
        tokens += IMAGE_TOKENS if kind == "image" else DOCUMENT_TOKENS
        tokens -= len(data) if isinstance(data, str) else 0
    return tokens


def _media_sources(blocks: Sequence[object]) -> Iterator[tuple[str, JSONObject]]:
    """Yield the kinds and sources of the pictures and documents in some content, those inside tool results too."""
    for block in blocks:
        if not isinstance(block, dict):
            continue
        found = cast("JSONObject", block)
        if found.get("type") in ("image", "document") and isinstance(found.get("source"), dict):
            yield str(found["type"]), found["source"]
        elif isinstance(found.get("content"), list):
            yield from _media_sources(found["content"])


def cache_write_lifetime(request: Request) -> str | None:
    """Return the lifetime of what the request writes to the cache, `5m` or `1h`. None: it has no marker."""
    marker: JSONObject | None = request.options.get("cache_control")
    if marker is not None and marker.get("ttl") == "1h":
        return "1h"
    found = request.prefix.cache_writes or (None if marker is None else "5m")
    known = request.estimate
    for message in request.messages if known is None or known[0] is not request.messages else known[2]:
        if message.markers:
            found = "1h" if found == "1h" or b'"1h"' in message.encoded else "5m"
    return found
