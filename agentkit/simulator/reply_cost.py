"""The tokens and the cost of a reply as the server bills it, computed from its usage record alone.

Two rules for this file: only the price table is shared with the accounting of runs, so that tests compare two sums; and
what a script puts into a record may have any shape.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from agentkit.budget.prices import WEB_SEARCH_USD, price_of
from agentkit.budget.usage import Usage

if TYPE_CHECKING:
    from agentkit.messages.message import JSONObject

_FACTORS: Mapping[str, Mapping[object, float]] = {
    "speed": {None: 1, "standard": 1},
    "service_tier": {None: 1, "standard": 1, "batch": 0.5},
    "inference_geo": {None: 1, "global": 1, "not_available": 1, "us": 1.1},
}
"""Factors on the price of tokens, by field and value. Any other value: the price is not known."""
_COUNTED_ABOVE = ("message", "fallback_message")
"""The kinds of requests whose tokens the top level of a record holds as well."""


def reply_usage(record: JSONObject) -> Usage:
    """Return all tokens of a reply: those of its top level, and those of other requests that the server made for it."""
    usage = sum((part for _, part in _billed_parts("", record)), Usage())
    return replace(usage, requests=1, web_searches=Usage.from_api(record).web_searches)


def reply_cost_usd(model: str, record: JSONObject) -> float | None:
    """Return the cost of a reply in US dollars, each request at the price of its model. None: it is not known."""
    usd = 0.0
    factor = _factor(record)
    for name, usage in _billed_parts(model, record):
        price = price_of(name, usage)
        if not usage.prompt_tokens and not usage.output_tokens:
            continue
        if price is None or factor is None:
            return None
        prompt = usage.input_tokens + usage.cache_read_tokens * 0.1
        prompt += usage.cache_write_5m_tokens * 1.25 + usage.cache_write_1h_tokens * 2
        usd += (prompt * price.input + usage.output_tokens * price.output) * factor / 1e6
    return usd + Usage.from_api(record).web_searches * WEB_SEARCH_USD


def _billed_parts(model: str, record: JSONObject) -> list[tuple[str, Usage]]:
    """Return the requests of a reply, each with the model that answered it; `model` where none is named."""
    listed: object = record.get("iterations")
    entries = [
        cast("JSONObject", entry)
        for entry in (cast("list[object]", listed) if isinstance(listed, list) else [])
        if isinstance(entry, dict)
    ]
    counted = sum((Usage.from_api(entry) for entry in entries if entry.get("type") in _COUNTED_ABOVE), Usage())
    above = Usage.from_api(record)
    rest = Usage(
        input_tokens=max(0, above.input_tokens - counted.input_tokens),
        output_tokens=max(0, above.output_tokens - counted.output_tokens),
        cache_read_tokens=max(0, above.cache_read_tokens - counted.cache_read_tokens),
        cache_write_5m_tokens=max(0, above.cache_write_5m_tokens - counted.cache_write_5m_tokens),
        cache_write_1h_tokens=max(0, above.cache_write_1h_tokens - counted.cache_write_1h_tokens),
    )
    named = [(str(entry.get("model") or model), replace(Usage.from_api(entry), web_searches=0)) for entry in entries]
    return [*named, (model, rest)]


def _factor(record: JSONObject) -> float | None:
    factor = 1.0
    for field, factors in _FACTORS.items():
        value: object = record.get(field)
        found = factors.get(value) if value is None or isinstance(value, str) else None
        if found is None:
            return None
        factor *= found
    return factor
