"""The most that a request can use, before it is sent: a token is never shorter than a byte.

What the API adds by itself, and what pictures and documents count for, stands in one table each; both are bounds, not
estimates.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from agentkit.budget.budget import Amount, Need
from agentkit.budget.model_limits import limits_of
from agentkit.budget.usage import CACHE_WRITE_1H_FACTOR, CACHE_WRITE_5M_FACTOR, WEB_SEARCH_USD, Usage
from agentkit.messages.message import JSONObject

if TYPE_CHECKING:
    from agentkit.budget.usage import Price
    from agentkit.messages.message import Message
    from agentkit.messages.request import Request

IMAGE_TOKENS = 4_784
"""The most that a picture counts for: larger ones are scaled down. Source: vision guide, high-resolution models."""
DOCUMENT_TOKENS = 600 * (3_000 + IMAGE_TOKENS)
"""The most that a PDF counts for: 600 pages, each as text and as a picture. Source: PDF guide."""
ADDED_TOKENS: Mapping[str, int] = {"request": 64, "message": 8, "tools": 800, "output_config": 800, "thinking": 64}
"""What the API adds to the prompt itself: for each request and message, and where it has tools or a format.

The published figures are 264 to 804 for tools; the others are generous guesses.
"""
LANDING_RESULT_TOKENS = 4_096
"""What is set aside for the tool results that stand before a run's landing."""
SEARCH_RESULT_TOKENS = 30_000
"""The most that the results of one search of the server's own are taken for; a guess."""
SERVER_TOOLS_USD: Mapping[str, float] = {"web_search": WEB_SEARCH_USD, "web_fetch": 0.0, "tool_search": 0.0}
"""Prices of one use, by the head of the tool's type. Others have none that is known before the call."""


_WRITE_FACTORS = {None: 1.0, "5m": CACHE_WRITE_5M_FACTOR, "1h": CACHE_WRITE_1H_FACTOR}
_PROMPT_COUNTERS = {None: "input_tokens", "5m": "cache_write_5m_tokens", "1h": "cache_write_1h_tokens"}


@dataclass(frozen=True, slots=True)
class Rates:
    """The dearest prices that can apply to requests of a model, in US dollars a token."""

    prices: Sequence[Price] = ()
    """Of the model, dearest tier last. None: money is not limited."""
    write_factor: float = 1.0
    """What a prompt token costs at the most, as a multiple: where the cache is used, all may have to be written."""

    @classmethod
    def of(cls, prices: Sequence[Price], request: Request) -> Rates:
        """The rates of a request."""
        return cls(prices, _WRITE_FACTORS[_written_for(request)]) if prices else cls()

    def dearest(self, prompt_tokens: float) -> tuple[float, float]:
        """What a prompt token and a token of the reply cost at the most, when the prompt has at most so many."""
        reached = [price for price in self.prices if prompt_tokens > price.prompts_over]
        per_input = max((price.input for price in reached), default=0.0) * self.write_factor
        return per_input / 1_000_000, max((price.output for price in reached), default=0.0) / 1_000_000


def unreported(request: Request, prompt_tokens: int) -> Usage:
    """A prompt of which the server has said nothing: as dear as it can be, all of it written to the cache if any is."""
    return Usage(**{_PROMPT_COUNTERS[_written_for(request)]: prompt_tokens})


def call_need(request: Request, prompt_tokens: int, rates: Rates) -> Need:
    """The most that one request can use, when its prompt has at most so many tokens."""
    window = limits_of(str(request.options["model"]))
    uses = [_uses(tool) for tool in request.prefix.tools if "input_schema" not in tool]
    searches = sum(count for count, _ in uses)
    prompt: float = prompt_tokens
    if searches:  # the server asks its model again after each search, with all that was found so far
        prompt = prompt * (searches + 1) + SEARCH_RESULT_TOKENS * searches * (searches + 1) / 2
    elif window is not None:
        prompt = min(prompt, window.context_tokens)
    per_input, per_output = rates.dearest(prompt)
    fixed = Amount(prompt * per_input + sum(count * usd for count, usd in uses), prompt, 0, 1)
    return Need(fixed, Amount(per_output, 0, 1, 0))


def landing_need(prompt_tokens: int, max_tokens: int, least: int, rates: Rates) -> Need:
    """The most that the call after this one can use when it is the landing, by the `max_tokens` of this one."""
    prompt = prompt_tokens + LANDING_RESULT_TOKENS
    per_input, per_output = rates.dearest(prompt + max_tokens)
    return Need(Amount(prompt * per_input + least * per_output, prompt, least, 1), Amount(per_input, 1, 0, 0))


def prompt_tokens(request: Request, known: int = 0, messages: int = 0) -> int:
    """The most tokens that a prompt can have.

    Of its first `messages` messages, and all before them, `known` is what the server counted; 0: nothing is known, and
    the whole prompt is measured.
    """
    is_new = messages == 0
    added = {name: tokens for name, tokens in ADDED_TOKENS.items() if name in request.options}
    head = len(request.prefix.encoded) + ADDED_TOKENS["tools"] if is_new else known
    return head + ADDED_TOKENS["request"] + sum(added.values()) + sum(map(message_tokens, request.messages[messages:]))


def likely_tokens(request: Request) -> int:
    """About how long a prompt is, for rate limits: four bytes are a token."""
    return (len(request.prefix.encoded) + sum(len(message.encoded) for message in request.messages)) // 4


def message_tokens(message: Message) -> int:
    """The most tokens that a message can have."""
    tokens = len(message.encoded) + ADDED_TOKENS["message"]
    if isinstance(message.content, str):
        return tokens
    for kind, source in _sources(cast("Sequence[object]", message.content)):
        data = source.get("data")
        if source.get("type") == "text":
            continue
        tokens += IMAGE_TOKENS if kind == "image" else DOCUMENT_TOKENS
        tokens -= len(data) if isinstance(data, str) else 0
    return tokens


def _sources(blocks: Sequence[object]) -> Iterator[tuple[str, JSONObject]]:
    """The sources of pictures and documents in some content, those inside tool results too, with their kinds."""
    for block in blocks:
        if not isinstance(block, dict):
            continue
        found = cast("JSONObject", block)
        if found.get("type") in ("image", "document") and isinstance(found.get("source"), dict):
            yield str(found["type"]), found["source"]
        elif isinstance(found.get("content"), list):
            yield from _sources(found["content"])


def _written_for(request: Request) -> str | None:
    """How long the cache may keep what the request writes to it, by its markers. None: it writes nothing."""
    marker = cast("JSONObject | None", request.options.get("cache_control"))
    if marker is not None and marker.get("ttl") == "1h":
        return "1h"
    marked = [one.encoded for one in request.messages if one.markers]
    if request.prefix.markers:
        marked.append(request.prefix.encoded)
    if any(b'"1h"' in part for part in marked):
        return "1h"
    return "5m" if marker is not None or marked else None


def _uses(tool: JSONObject) -> tuple[int, float]:
    """How often one of the API's own tools can be used in a request, and what a use costs."""
    usd = server_tool_usd(tool)
    return (int(tool.get("max_uses") or 0), usd or 0.0)


def server_tool_usd(tool: JSONObject) -> float | None:
    """The price of one use of one of the API's own tools. None: it is not known before the call."""
    kind = str(tool.get("type"))
    return next((usd for head, usd in SERVER_TOOLS_USD.items() if kind.startswith(head)), None)
