"""Rules that depend on the model: output and context window, thinking, effort, caching, stop sequences."""

from __future__ import annotations

from agentkit.messages.message import Block, JSONObject
from agentkit.simulator.model_behavior.prompt_cache import count_tokens
from agentkit.simulator.rules.refusal import APPROXIMATE, Asked, Check, with_inner

_LEAST_BUDGET = 1024
_MOST_MARKERS = 4


def _max_tokens(asked: Asked) -> str | None:
    given, limit = asked.body.get("max_tokens", 0), asked.facts.limits.max_output_tokens
    if given > limit:
        return APPROXIMATE["max output"].format(given=given, limit=limit, model=asked.model)
    if given or "max_tokens" not in asked.body:
        return None
    wrong = {
        "stream": bool(asked.body.get("stream")),
        "thinking.type enabled": asked.thinking == "enabled",
        "output_config.format": asked.output_format is not None,
        "a tool_choice that forces tool use": asked.is_forced,
    }
    what = next((name for name, is_given in wrong.items() if is_given), None)
    return APPROXIMATE["nothing to say"].format(what=what) if what else None


def _thinking(asked: Asked) -> str | None:
    mode, config = asked.thinking, asked.part("thinking")
    if mode and mode not in asked.facts.thinking:
        return APPROXIMATE["thinking mode"].format(mode=mode, modes=", ".join(asked.facts.thinking))
    if mode == "enabled":
        budget = config.get("budget_tokens")
        if budget is None:
            return APPROXIMATE["no budget"]
        if budget < _LEAST_BUDGET:
            return f"thinking.enabled.budget_tokens: Input should be greater than or equal to {_LEAST_BUDGET}"
        if "max_tokens" in asked.body and budget >= asked.body["max_tokens"]:
            return APPROXIMATE["budget"]
    if asked.is_forced and (mode == "enabled" or asked.facts.thinks_always):  # with adaptive thinking it is accepted
        return "Thinking may not be enabled when tool_choice forces tool use."
    return _missing_thinking(asked) if mode == "enabled" else None


def _missing_thinking(asked: Asked) -> str | None:
    """Check that, with a thinking budget, the turn whose calls are being answered starts with thinking."""
    turns = [(i, message) for i, message in enumerate(asked.body["messages"]) if message["role"] == "assistant"]
    if not turns or isinstance(turns[-1][1]["content"], str) or not turns[-1][1]["content"]:
        return None
    i, turn = turns[-1]
    first = turn["content"][0]["type"]
    is_open = i >= len(asked.body["messages"]) - 2 and any(block["type"] == "tool_use" for block in turn["content"])
    if not is_open or first in ("thinking", "redacted_thinking"):
        return None
    return (
        f"messages.{i}.content.0.type: Expected `thinking` or `redacted_thinking`, but found `{first}`. When "
        "`thinking` is enabled, a final `assistant` message must start with a thinking block (preceeding the lastmost "
        "set of `tool_use` and `tool_result` blocks). We recommend you include thinking blocks from previous turns. "
        "To avoid this requirement, disable `thinking`."
    )


def _effort(asked: Asked) -> str | None:
    level = asked.part("output_config").get("effort")
    if level is None:
        return None
    if not asked.facts.efforts:
        return APPROXIMATE["no effort"]
    if level not in asked.facts.efforts:
        levels = ", ".join(sorted(asked.facts.efforts))
        return f"This model does not support effort level '{level}'. Supported levels: {levels}."
    if not asked.facts.takes_effort(level, thinks=asked.thinking != "disabled"):
        return f"output_config.effort '{level}' is not supported when thinking is disabled on this model"
    return None


def _window(asked: Asked) -> str | None:
    window, tokens = asked.facts.limits.context_tokens, count_tokens(asked.body)
    if tokens > window:
        return f"prompt is too long: {tokens} tokens > {window} maximum"
    most = asked.body.get("max_tokens", 0)
    if asked.facts.refuses_overflow and tokens + most > window:
        return (
            f"input length and `max_tokens` exceed context limit: {tokens} + {most} > {window}, decrease input length "
            "or `max_tokens` and try again"
        )
    return None


def _markers(asked: Asked) -> str | None:
    marked = [(where, part) for where, part in _cacheable(asked) if part.get("cache_control") is not None]
    last = next((part for _, part in reversed(_cacheable(asked))), None)
    top: JSONObject | None = asked.body.get("cache_control")
    own: JSONObject | None = (last or {}).get("cache_control")
    if top and own and top.get("ttl", "5m") != own.get("ttl", "5m"):
        return APPROXIMATE["two lifetimes"]
    count = len(marked) + (top is not None)
    if count > _MOST_MARKERS:
        return f"A maximum of {_MOST_MARKERS} blocks with cache_control may be provided. Found {count}."
    has_short = False
    for where, part in marked:
        kind = part.get("type")
        if kind == "text" and not part.get("text"):
            return APPROXIMATE["empty marked"].format(where=where)
        if kind in ("thinking", "redacted_thinking"):
            return APPROXIMATE["thinking marked"].format(where=where, kind=kind)
        is_long = part["cache_control"].get("ttl") == "1h"
        if is_long and has_short:
            return APPROXIMATE["marker order"].format(where=where)
        has_short = has_short or not is_long
    return None


def _cacheable(asked: Asked) -> list[tuple[str, Block]]:
    """Return every part of a request that can have a cache marker, with its path, in the order of the prompt."""
    parts: list[tuple[str, Block]] = [(f"tools.{i}", tool) for i, tool in enumerate(asked.tools)]
    parts += [(f"system.{i}", block) for i, block in enumerate(asked.system_blocks)]
    for i, j, block in asked.blocks():
        inner = [(f"messages.{i}.content.{j}.content.{k}", each) for k, each in enumerate(with_inner(block)[1:])]
        parts += [*inner, (f"messages.{i}.content.{j}", block)]
    return parts


def _stop_sequences(asked: Asked) -> str | None:
    given: list[str] = asked.body.get("stop_sequences") or []
    return APPROXIMATE["stop sequence"] if any(not sequence.strip() for sequence in given) else None


CHECKS: tuple[Check, ...] = (_max_tokens, _stop_sequences, _effort)
"""The checks that the API makes first."""

CACHING: Check = _markers
THINKING: Check = _thinking
WINDOW: Check = _window
