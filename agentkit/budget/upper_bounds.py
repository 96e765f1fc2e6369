"""The worst case of a request, computed before it is sent: upper bounds of its tokens and cost.

A token is never shorter than a byte, so bytes bound tokens. The constants for what the API adds by itself and for
pictures and documents are upper bounds, too, not estimates.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from agentkit.budget.budget import Amount, Need
from agentkit.budget.model_limits import model_limits_of
from agentkit.budget.prices import CACHE_WRITE_1H_FACTOR, CACHE_WRITE_5M_FACTOR, WEB_SEARCH_USD
from agentkit.budget.usage import Usage
from agentkit.messages.message import JSONObject

if TYPE_CHECKING:
    from agentkit.budget.prices import Price
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
FINAL_TURN_RESULT_TOKENS = 4_096
"""Tokens reserved for the tool results that precede the final turn of a run."""
SEARCH_RESULT_TOKENS = 30_000
"""The most tokens of the results of one web search by the server; a guess."""
SERVER_TOOLS_USD: Mapping[str, float] = {"web_search": WEB_SEARCH_USD, "web_fetch": 0.0, "tool_search": 0.0}
"""US dollars for one use, by the beginning of the tool's type. Other tools have no price known before the call."""


_WRITE_FACTORS = {None: 1.0, "5m": CACHE_WRITE_5M_FACTOR, "1h": CACHE_WRITE_1H_FACTOR}
_PROMPT_COUNTERS = {None: "input_tokens", "5m": "cache_write_5m_tokens", "1h": "cache_write_1h_tokens"}


@dataclass(slots=True)
class WorstCaseRates:
    """The highest prices that can apply to a request. Nobody changes them, see `Amount`."""

    prices: Sequence[Price] = ()
    """The tiers of the model, the most expensive last. Empty: the cost is not limited."""
    write_factor: float = 1.0
    """The factor on the price of a prompt token: with a cache marker, the whole prompt may have to be written."""

    @classmethod
    def for_request(cls, prices: Sequence[Price], request: Request) -> WorstCaseRates:
        """Return the rates of a request at these prices."""
        return cls(prices, _WRITE_FACTORS[_cache_write_lifetime(request)]) if prices else cls()

    def max_usd_per_token(self, prompt_tokens: float) -> tuple[float, float]:
        """Return the most US dollars per prompt token and per reply token, for prompts of at most so many tokens."""
        per_input = per_output = 0.0
        for price in self.prices:
            if prompt_tokens > price.prompts_over:
                per_input, per_output = max(per_input, price.input), max(per_output, price.output)
        return per_input * self.write_factor / 1_000_000, per_output / 1_000_000


def worst_case_usage(request: Request, prompt_tokens: int) -> Usage:
    """Return the usage of a prompt that the server did not report, at its worst: all written to the cache if any is."""
    return Usage(**{_PROMPT_COUNTERS[_cache_write_lifetime(request)]: prompt_tokens})


def call_need(request: Request, prompt_tokens: int, rates: WorstCaseRates) -> Need:
    """Return the most that one request can use if its prompt has at most so many tokens."""
    searches, tools_usd, prompt = 0, 0.0, float(prompt_tokens)
    for tool in request.prefix.server_tools:
        count = int(tool.get("max_uses") or 0)
        searches += count
        tools_usd += count * (server_tool_price_usd(tool) or 0.0)
    if searches:  # the server calls the model again after each search, with all results so far
        prompt = prompt * (searches + 1) + SEARCH_RESULT_TOKENS * searches * (searches + 1) / 2
    elif (window := model_limits_of(str(request.options["model"]))) is not None:
        prompt = min(prompt, window.context_tokens)
    per_input, per_output = rates.max_usd_per_token(prompt)
    passes = 1
    if "fallbacks" in request.options or "context_management" in request.options:
        passes += _extra_passes(request.options)
    fixed = Amount(passes * prompt * per_input + tools_usd, passes * prompt, 0, 1)
    return Need(fixed, Amount(passes * per_output, 0, passes, 0))


def fallback_models(options: Mapping[str, object]) -> tuple[str, ...] | None:
    """Return the models that the server asks in turn if the model declines.

    None: the request leaves them to the server, or gives one a `max_tokens` or `speed` of its own.
    """
    given = options.get("fallbacks")
    if not given:
        return ()
    entries = [cast("JSONObject", entry) for entry in _as_list(given) if isinstance(entry, dict)]
    named = tuple(
        entry["model"]
        for entry in entries
        if isinstance(entry.get("model"), str) and entry.get("max_tokens") is None and entry.get("speed") is None
    )
    return named if named and len(named) == len(_as_list(given)) else None


def _extra_passes(options: Mapping[str, object]) -> int:
    """Return how often the server may read the whole prompt once more: for a fallback model, or to compact it."""
    managed = options.get("context_management")
    edits = _as_list(cast("JSONObject", managed).get("edits") if isinstance(managed, dict) else None)
    compacts = any(str(cast("JSONObject", e).get("type")).startswith("compact") for e in edits if isinstance(e, dict))
    return compacts + len(_as_list(options.get("fallbacks")))


def _as_list(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else []


def final_turn_need(prompt_tokens: int, max_tokens: int, min_tokens: int, rates: WorstCaseRates) -> Need:
    """Return the most that the final turn can use if it follows this call, as a function of this call's `max_tokens`.

    Args:
        prompt_tokens: The most tokens of this call's prompt.
        max_tokens: The `max_tokens` of this call.
        min_tokens: The `max_tokens` of the final turn.
        rates: The prices of the model.
    """
    prompt = prompt_tokens + FINAL_TURN_RESULT_TOKENS
    per_input, per_output = rates.max_usd_per_token(prompt + max_tokens)
    return Need(Amount(prompt * per_input + min_tokens * per_output, prompt, min_tokens, 1), Amount(per_input, 1, 0, 0))


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


def _cache_write_lifetime(request: Request) -> str | None:
    """Return the lifetime of what the request writes to the cache, `5m` or `1h`. None: it has no marker."""
    marker = cast("JSONObject | None", request.options.get("cache_control"))
    if marker is not None and marker.get("ttl") == "1h":
        return "1h"
    known = request.estimate
    measured = request.messages if known is None or known[0] is not request.messages else known[2]
    marked = [one.encoded for one in measured if one.markers]
    if request.prefix.markers:
        marked.append(request.prefix.encoded)
    for part in marked:
        if b'"1h"' in part:
            return "1h"
    return "5m" if marker is not None or marked else None


def server_tool_price_usd(tool: JSONObject) -> float | None:
    """Return the price in US dollars of one use of a server tool. None: it is not known before the call."""
    kind = str(tool.get("type"))
    return next((usd for head, usd in SERVER_TOOLS_USD.items() if kind.startswith(head)), None)
