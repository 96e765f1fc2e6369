"""More request bodies: what there may be how much of, in the window, in the cache and in strict schemas."""

from __future__ import annotations

from tests.simulator.bodies import HI, LONG_MARK, MARK, STRICT, TOOL, JSONObject, ask, body, say, text
from tests.simulator.bodies_by_rule import BOTH, FORCED, FORMAT, OLD, THOUGHT, strict

FIVE_MB = "word " * 1_000_000


def optional(count: int) -> JSONObject:
    properties = {f"p{n}": {"type": "string"} for n in range(count)}
    return {**TOOL, "strict": True, "input_schema": {**STRICT, "properties": properties}}


GOOD: dict[str, JSONObject] = {
    "a long marker before a short one": body(ask(text(**LONG_MARK), text(**MARK))),
    "the same marker twice": body(ask(text(**MARK)), **MARK),
    "a cache that is warmed": body(max_tokens=0),
    "as many optional parameters as there may be": body(tools=[optional(24)]),
}

BAD: dict[str, tuple[JSONObject, int, str]] = {
    "a prompt beyond the window": (
        body({"role": "user", "content": FIVE_MB}),
        400,
        "prompt is too long: 1250008 tokens > 1000000 maximum",
    ),
    "a prompt and an output beyond the old window": (
        body({"role": "user", "content": "word " * 140_000}, model=OLD, max_tokens=64_000),
        400,
        "input length and `max_tokens` exceed context limit: 175008 + 64000 > 200000, decrease input length or",
    ),
    "a short marker before a long one": (
        body(ask(text(**MARK), text(**LONG_MARK))),
        400,
        "messages.0.content.1: a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block.",
    ),
    "two lifetimes of one block": (body(ask(text(**LONG_MARK)), **MARK), 400, "cache_control: the last block already"),
    "a marker on thinking": (
        body(HI, say({**THOUGHT, **MARK}, text()), HI, model=BOTH),
        400,
        "messages.1.content.0: cache_control cannot be set for thinking blocks",
    ),
    "a marker on nothing": (
        body(ask(text("", **MARK))),
        400,
        "messages.0.content.0: cache_control cannot be set for em",
    ),
    "a cache that is warmed in a stream": (
        body(max_tokens=0, stream=True),
        400,
        "max_tokens: 0 cannot be combined wit",
    ),
    "a cache that is warmed by thinking": (
        body(max_tokens=0, model=OLD, thinking={"type": "enabled", "budget_tokens": 1024}),
        400,
        "max_tokens: 0 cannot be combined with thinking.type enabled",
    ),
    "a cache that is warmed by a forced call": (
        body(max_tokens=0, **FORCED),
        400,
        "max_tokens: 0 cannot be combined with a tool_choice that forces tool use",
    ),
    "a cache that is warmed with a format": (
        body(max_tokens=0, output_config=FORMAT),
        400,
        "max_tokens: 0 cannot be combined with output_config.format",
    ),
    "many optional parameters": (
        body(tools=[optional(25)]),
        400,
        "tools: the strict schemas of a request may have at most 24 optional parameters, found 25",
    ),
    "many strict tools": (
        body(tools=[{**strict(), "name": f"t{n}"} for n in range(21)]),
        400,
        "tools: the strict schemas of a request may have at most 20 tools, found 21",
    ),
    "more messages than there may be": (
        body(messages=[HI] * 100_001),
        400,
        "messages: List should have at most 100000 items",
    ),
}
