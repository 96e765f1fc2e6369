"""Rules that depend on the model: output and context window, thinking, effort, caching, stop sequences."""

from __future__ import annotations

from agentkit.messages.message import Block, JSONObject
from agentkit.simulator.model_behavior.prompt_cache import count_prompt_tokens
from agentkit.simulator.rules.refusal import APPROXIMATE, Check, CheckedRequest, with_nested_blocks

_MIN_BUDGET_TOKENS = 1024
_MAX_CACHE_MARKERS = 4


def _check_max_tokens(request: CheckedRequest) -> str | None:
    given, limit = request.body.get("max_tokens", 0), request.facts.limits.max_output_tokens
    if given > limit:
        return APPROXIMATE["max output"].format(given=given, limit=limit, model=request.model)
    if given or "max_tokens" not in request.body:
        return None
    wrong = {
        "stream": bool(request.body.get("stream")),
        "thinking.type enabled": request.thinking_mode == "enabled",
        "output_config.format": request.output_format is not None,
        "a tool_choice that forces tool use": request.is_tool_use_forced,
    }
    what = next((name for name, is_given in wrong.items() if is_given), None)
    return APPROXIMATE["nothing to say"].format(what=what) if what else None


def _check_thinking(request: CheckedRequest) -> str | None:
    mode, config = request.thinking_mode, request.object_field("thinking")
    if mode and mode not in request.facts.thinking:
        return APPROXIMATE["thinking mode"].format(mode=mode, modes=", ".join(request.facts.thinking))
    if mode == "enabled":
        budget = config.get("budget_tokens")
        if budget is None:
            return APPROXIMATE["no budget"]
        if budget < _MIN_BUDGET_TOKENS:
            return f"thinking.enabled.budget_tokens: Input should be greater than or equal to {_MIN_BUDGET_TOKENS}"
        if "max_tokens" in request.body and budget >= request.body["max_tokens"]:
            return APPROXIMATE["budget"]
    if request.is_tool_use_forced and (
        mode == "enabled" or request.facts.is_always_thinking
    ):  # with adaptive thinking it is accepted
        return "Thinking may not be enabled when tool_choice forces tool use."
    return _check_thinking_first(request) if mode == "enabled" else None


def _check_thinking_first(request: CheckedRequest) -> str | None:
    """Check that, with a thinking budget, the turn whose calls are being answered starts with thinking."""
    turns = [(i, message) for i, message in enumerate(request.body["messages"]) if message["role"] == "assistant"]
    if not turns or isinstance(turns[-1][1]["content"], str) or not turns[-1][1]["content"]:
        return None
    i, turn = turns[-1]
    first = turn["content"][0]["type"]
    is_open = i >= len(request.body["messages"]) - 2 and any(block["type"] == "tool_use" for block in turn["content"])
    if not is_open or first in ("thinking", "redacted_thinking"):
        return None
    return (
        f"messages.{i}.content.0.type: Expected `thinking` or `redacted_thinking`, but found `{first}`. When "
        "`thinking` is enabled, a final `assistant` message must start with a thinking block (preceeding the lastmost "
        "set of `tool_use` and `tool_result` blocks). We recommend you include thinking blocks from previous turns. "
        "To avoid this requirement, disable `thinking`."
    )


def _check_effort(request: CheckedRequest) -> str | None:
    level = request.object_field("output_config").get("effort")
    if level is None:
        return None
    if not request.facts.efforts:
        return APPROXIMATE["no effort"]
    if level not in request.facts.efforts:
        levels = ", ".join(sorted(request.facts.efforts))
        return f"This model does not support effort level '{level}'. Supported levels: {levels}."
    if not request.facts.takes_effort(level, thinks=request.thinking_mode != "disabled"):
        return f"output_config.effort '{level}' is not supported when thinking is disabled on this model"
    return None


def _check_context_window(request: CheckedRequest) -> str | None:
    window, tokens = request.facts.limits.context_tokens, count_prompt_tokens(request.body)
    if tokens > window:
        return f"prompt is too long: {tokens} tokens > {window} maximum"
    most = request.body.get("max_tokens", 0)
    if request.facts.refuses_overflow and tokens + most > window:
        return (
            f"input length and `max_tokens` exceed context limit: {tokens} + {most} > {window}, decrease input length "
            "or `max_tokens` and try again"
        )
    return None


def _check_cache_markers(request: CheckedRequest) -> str | None:
    marked = [(where, part) for where, part in _cacheable_parts(request) if part.get("cache_control") is not None]
    last = next((part for _, part in reversed(_cacheable_parts(request))), None)
    top: JSONObject | None = request.body.get("cache_control")
    own: JSONObject | None = (last or {}).get("cache_control")
    if top and own and top.get("ttl", "5m") != own.get("ttl", "5m"):
        return APPROXIMATE["two lifetimes"]
    count = len(marked) + (top is not None)
    if count > _MAX_CACHE_MARKERS:
        return f"A maximum of {_MAX_CACHE_MARKERS} blocks with cache_control may be provided. Found {count}."
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


def _cacheable_parts(request: CheckedRequest) -> list[tuple[str, Block]]:
    """Return every part of a request that can have a cache marker, with its path, in the order of the prompt."""
    parts: list[tuple[str, Block]] = [(f"tools.{i}", tool) for i, tool in enumerate(request.tools)]
    parts += [(f"system.{i}", block) for i, block in enumerate(request.system_blocks)]
    for i, j, block in request.blocks():
        inner = [
            (f"messages.{i}.content.{j}.content.{k}", each) for k, each in enumerate(with_nested_blocks(block)[1:])
        ]
        parts += [*inner, (f"messages.{i}.content.{j}", block)]
    return parts


def _check_stop_sequences(request: CheckedRequest) -> str | None:
    given: list[str] = request.body.get("stop_sequences") or []
    return APPROXIMATE["stop sequence"] if any(not sequence.strip() for sequence in given) else None


CHECKS: tuple[Check, ...] = (_check_max_tokens, _check_stop_sequences, _check_effort)
"""The checks that the API makes first."""

CACHING_CHECK: Check = _check_cache_markers
THINKING_CHECK: Check = _check_thinking
WINDOW_CHECK: Check = _check_context_window
