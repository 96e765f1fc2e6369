"""A server that counts as dearly as it may, and the judgement of its ledger over the budgets of a tree."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import cast

from agentkit import Budget
from agentkit.budget.usage import Usage
from agentkit.messages.message import Block, JSONObject, encode
from agentkit.simulator import Reply, Simulator
from agentkit.simulator.http.wire import Headers, Response, json_response
from agentkit.simulator.rules import Refusal

TOKEN = re.compile(r"\[([\w.]+)\]")
"""How a prompt says whose run it begins: `[a.2.1]` was delegated to by `[a.2]`."""
_CENT = 1e-9


@dataclass(frozen=True, slots=True)
class Limited:
    """A budget and the runs below it, by the token that theirs begin with; an empty one is that of all."""

    label: str
    token: str
    budget: Budget

    def covers(self, token: str) -> bool:
        return not self.token or token == self.token or token.startswith(f"{self.token}.")


asking: ContextVar[str] = ContextVar("asking")
"""Whose run asks now, where that is known; a prompt may be gone when a conversation was begun anew."""


@dataclass
class NamingSimulator(Simulator):
    """Knows of each request whose run it is of."""

    tokens: list[str] = field(default_factory=list[str], init=False)

    def _record_request(self, full_body: JSONObject, body: bytes) -> None:
        self.tokens.append(asking.get("") or token_of(full_body))
        super()._record_request(full_body, body)


@dataclass
class DenseSimulator(NamingSimulator):
    """Counts every byte as a token, and the most of what a server may add by itself."""

    def _count_tokens(self, given: object, headers: Mapping[str, str], response_headers: Headers) -> Response | Refusal:
        found = super()._count_tokens(given, headers, response_headers)
        if isinstance(found, Refusal):
            return found
        return json_response(200, {"input_tokens": dense_prompt(cast("JSONObject", given))}, response_headers)


def dense_prompt(request: JSONObject) -> int:
    """The length of a prompt at a token a byte."""
    tools = request.get("tools")
    head = 64 + (len(encode(tools)) + 800 if tools else 0) + len(encode(request.get("system") or ""))
    return head + sum(8 + dense_content(message["content"]) for message in request["messages"])


def dense_content(content: str | list[Block]) -> int:
    """The length of some content at a token a byte; signatures are no text."""
    if isinstance(content, str):
        return len(encode(content))
    return len(encode([{name: value for name, value in block.items() if name != "signature"} for block in content]))


def dense_usage(request: JSONObject, reply: Reply, chance: random.Random) -> JSONObject:
    """What a reply is said to have used: its prompt new, or written to the cache, or partly read from it."""
    prompt = dense_prompt(request)
    marker: JSONObject | None = request.get("cache_control")
    read = chance.choice([0, chance.randrange(prompt)]) if marker else 0
    written = prompt - read if marker and chance.random() < 0.8 else 0
    is_long = marker is not None and marker.get("ttl") == "1h"
    lives = {
        "ephemeral_1h_input_tokens": written if is_long else 0,
        "ephemeral_5m_input_tokens": 0 if is_long else written,
    }
    return {
        "input_tokens": prompt - read - written,
        "cache_read_input_tokens": read,
        "cache_creation_input_tokens": written,
        "cache_creation": lives,
        "output_tokens": dense_content(reply.to_turn(request, "000").content),
    }


def token_of(request: JSONObject) -> str:
    """Whose run a request is of, by what it says of its user, or by what its prompt says."""
    if (user := request.get("metadata")) is not None:
        return str(user["user_id"])
    first = request["messages"][0]["content"]
    found = TOKEN.search(first if isinstance(first, str) else str(first[0].get("text")))
    assert found is not None
    return found[1]


def overspent(simulator: NamingSimulator, limited: list[Limited], since: int = 0) -> Iterator[str]:
    """Law 5: every budget that was exceeded, by what the server says of its requests from the given one on."""
    rows = list(zip(simulator.ledger.rows, simulator.tokens, strict=True))[since:]
    for one in limited:
        own = [row for row, token in rows if one.covers(token)]
        used = sum((row.usage for row in own), Usage())
        facts: list[tuple[str, float, float | None]] = [
            ("US dollars", sum(row.usd or 0.0 for row in own), one.budget.max_cost_usd),
            ("input tokens", used.prompt_tokens, one.budget.max_input_tokens),
            ("output tokens", used.output_tokens, one.budget.max_output_tokens),
            ("requests", len(own), one.budget.max_requests),
        ]
        for what, spent, limit in facts:
            if limit is not None and spent > limit + _CENT:
                yield f"{one.label} [{one.token}]: {spent:g} {what} of {limit:g}"
