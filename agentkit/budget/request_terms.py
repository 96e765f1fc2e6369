"""The terms of a request: what bounds its cost apart from its messages, computed once for all requests that share it.

The requests of a run mostly differ in their messages alone. But middleware may change any of them, in place too, so
terms are compared with copies of all that they were read from.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from agentkit.budget.budget import Amount, Need
from agentkit.budget.model_limits import model_limits_of
from agentkit.budget.prices import CACHE_WRITE_1H_FACTOR, CACHE_WRITE_5M_FACTOR, WEB_SEARCH_USD
from agentkit.budget.reply_charges import PRICE_FACTORS

if TYPE_CHECKING:
    from agentkit.budget.prices import Price
    from agentkit.messages.message import JSONObject
    from agentkit.messages.request import Request

FINAL_TURN_RESULT_TOKENS = 4_096
"""Tokens reserved for the tool results that precede the final turn of a run."""
SEARCH_RESULT_TOKENS = 30_000
"""The most tokens of the results of one web search by the server; a guess."""
SERVER_TOOLS_USD: Mapping[str, float] = {"web_search": WEB_SEARCH_USD, "web_fetch": 0.0, "tool_search": 0.0}
"""US dollars for one use, by the beginning of the tool's type. Other tools have no price known before the call."""
_WRITE_FACTORS = {None: 1.0, "5m": CACHE_WRITE_5M_FACTOR, "1h": CACHE_WRITE_1H_FACTOR}


_OPTIONS = ("model", "fallbacks", "context_management", *PRICE_FACTORS)
"""The options that terms and prices depend on."""
_ABSENT = ("",) * len(_OPTIONS)
"""Stands for each of them that a request does not have."""


@dataclass(slots=True)
class RequestTerms:
    """The terms of requests whose messages may differ. Nobody changes them, see `Amount`."""

    sources: tuple[object, ...]
    """Copies of the values that they depend on."""
    prices: Sequence[Price]
    """The tiers of every model that may answer. Empty: the cost is not limited."""
    searches: int
    """The most web searches that the server may make."""
    tools_usd: float
    """US dollars for the most uses of the server's tools."""
    passes: int
    """The most times that the server may read the whole prompt and reply."""
    context_tokens: float
    """The context window. Infinite where it is not known, or the server adds search results to the prompt."""

    @classmethod
    def of_request(cls, request: Request, prices: Sequence[Price] = ()) -> RequestTerms:
        """Return the terms of a request at these prices."""
        searches, tools_usd = 0, 0.0
        for tool in request.prefix.server_tools:
            count = int(tool.get("max_uses") or 0)
            searches += count
            tools_usd += count * (server_tool_price_usd(tool) or 0.0)
        limits = None if searches else model_limits_of(str(request.options["model"]))
        window = math.inf if limits is None else limits.context_tokens
        passes = 1 + _extra_passes(request.options)
        return cls(deepcopy(_read_sources(request)), prices, searches, tools_usd, passes, window)

    def hold_for(self, request: Request) -> bool:
        """Return True if they are the terms of this request, too."""
        return self.sources == _read_sources(request)

    def call_need(self, prompt_tokens: int, cache_writes: str | None = None) -> Need:
        """Return the most that one request can use.

        Args:
            prompt_tokens: The most tokens that its prompt can have.
            cache_writes: The lifetime of what it writes to the cache, which may be all of it. None: it writes nothing.
        """
        prompt, passes, count = float(prompt_tokens), self.passes, self.searches
        if count:  # the server calls the model again after each search, with all results so far
            prompt = prompt * (count + 1) + SEARCH_RESULT_TOKENS * count * (count + 1) / 2
        elif prompt > self.context_tokens:
            prompt = self.context_tokens
        per_input, per_output = self.max_usd_per_token(prompt, cache_writes)
        fixed = Amount(passes * prompt * per_input + self.tools_usd, passes * prompt, 0, 1)
        return Need(fixed, passes * per_output, 0, passes)

    def final_turn_need(
        self, prompt_tokens: int, max_tokens: int, min_tokens: int, cache_writes: str | None = None
    ) -> Need:
        """Return the most that the final turn can use if it follows this call, as a function of its `max_tokens`.

        Args:
            prompt_tokens: The most tokens of this call's prompt.
            max_tokens: The `max_tokens` of this call.
            min_tokens: The `max_tokens` of the final turn.
            cache_writes: See `call_need`.
        """
        prompt = prompt_tokens + FINAL_TURN_RESULT_TOKENS
        per_input, per_output = self.max_usd_per_token(prompt + max_tokens, cache_writes)
        return Need(Amount(prompt * per_input + min_tokens * per_output, prompt, min_tokens, 1), per_input, 1)

    def max_usd_per_token(self, prompt_tokens: float, cache_writes: str | None = None) -> tuple[float, float]:
        """Return the most US dollars per prompt token and per reply token, for prompts of at most so many tokens."""
        per_input = per_output = 0.0
        for price in self.prices:
            if prompt_tokens > price.prompts_over:
                if price.input > per_input:
                    per_input = price.input
                if price.output > per_output:
                    per_output = price.output
        return per_input * _WRITE_FACTORS[cache_writes] / 1_000_000, per_output / 1_000_000


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


def server_tool_price_usd(tool: JSONObject) -> float | None:
    """Return the price in US dollars of one use of a server tool. None: it is not known before the call."""
    kind = str(tool.get("type"))
    return next((usd for head, usd in SERVER_TOOLS_USD.items() if kind.startswith(head)), None)


def _read_sources(request: Request) -> tuple[object, ...]:
    """Return all values that the terms of a request depend on."""
    uses = [(tool.get("type"), tool.get("max_uses")) for tool in request.prefix.server_tools]
    return (*map(request.options.get, _OPTIONS, _ABSENT), uses)


def _extra_passes(options: Mapping[str, object]) -> int:
    """Return how often the server may read the whole prompt once more: for a fallback model, or to compact it."""
    managed = options.get("context_management")
    edits = _as_list(cast("JSONObject", managed).get("edits") if isinstance(managed, dict) else None)
    compacts = any(str(cast("JSONObject", e).get("type")).startswith("compact") for e in edits if isinstance(e, dict))
    return compacts + len(_as_list(options.get("fallbacks")))


def _as_list(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else []
