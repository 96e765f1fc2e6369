"""The models that the local Messages API knows, with the limits and capabilities of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from agentkit.budget.model_limits import MODEL_LIMITS, ModelLimits, without_date
from agentkit.messages.message import JSONObject

_EFFORTS = ("low", "medium", "high", "xhigh", "max")
_UNKNOWN_DATE = "1970-01-01T00:00:00Z"  # the API's own value where a date is not known


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """One model's limits and capabilities. A value that is a guess is marked as one."""

    limits: ModelLimits = ModelLimits()
    min_cacheable_tokens: int = 1024
    """The shortest prompt prefix that is cached, in tokens. It is not published for the 5.5 family: a guess there."""
    binds_thinking: bool = False
    """True if a thinking block is refused when anything before it has changed."""
    thinking: tuple[str, ...] = ("adaptive", "disabled")
    """The values of `thinking.type` that it accepts. The models that accept `between_tools` are a guess."""
    efforts: tuple[str, ...] = _EFFORTS
    """The effort levels that it accepts. Empty: it does not accept the field."""
    takes_prefill: bool = False
    """True if a request may end with an assistant message that the model continues."""
    takes_system_messages: bool = True
    """True if `role: "system"` is accepted inside the conversation. Sonnet 5 accepts it and does not follow it."""
    takes_tool_changes: bool = True
    """True if tools can be added and removed inside the conversation."""
    max_effort_without_thinking: str = "max"
    """The highest effort level that it accepts while thinking is disabled."""
    has_sharp_sight: bool = True
    """True if it sees pictures of up to 2,576 pixels a side and 4,784 tokens; older models see 1,568 of both."""
    refuses_overflow: bool = False
    """True if input plus `max_tokens` beyond the window is refused; newer models stop when the window is full."""
    released: str = _UNKNOWN_DATE
    """The release date in ISO 8601."""

    @property
    def is_always_thinking(self) -> bool:
        """True if thinking cannot be disabled, so that a tool call cannot be forced."""
        return "disabled" not in self.thinking

    def takes_effort(self, level: str, *, thinks: bool) -> bool:
        """Return True if a known effort level is accepted with thinking enabled or disabled as `thinks` says."""
        return thinks or _EFFORTS.index(level) <= _EFFORTS.index(self.max_effort_without_thinking)


_ALWAYS = ModelFacts(thinking=("adaptive",))
_BINDING = replace(_ALWAYS, binds_thinking=True)
_SWITCHABLE = ModelFacts(binds_thinking=True, thinking=("adaptive", "disabled", "between_tools"))
_OLDER = ModelFacts(takes_system_messages=False, takes_tool_changes=False)
_BOTH_MODES = replace(
    _OLDER,
    thinking=("adaptive", "enabled", "disabled"),
    efforts=("low", "medium", "high", "max"),
    has_sharp_sight=False,
)
_OLD = replace(
    _OLDER,
    has_sharp_sight=False,
    thinking=("enabled", "disabled"),
    efforts=(),
    takes_prefill=True,
    refuses_overflow=True,
)

_CAPABILITIES: Mapping[str, ModelFacts] = {
    "claude-fable-5-2": _BINDING,
    "claude-fable-5-1": _BINDING,
    "claude-fable-5": replace(_ALWAYS, min_cacheable_tokens=2048),
    "claude-mythos-5-2": _BINDING,
    "claude-mythos-5-1": _BINDING,
    "claude-mythos-5": _ALWAYS,
    "claude-mythos-preview": _ALWAYS,
    "claude-opus-5-5": _BINDING,
    "claude-opus-5": ModelFacts(max_effort_without_thinking="high", released="2026-07-24T00:00:00Z"),
    "claude-opus-4-8": ModelFacts(min_cacheable_tokens=4096),
    "claude-opus-4-7": replace(_OLDER, min_cacheable_tokens=4096),
    "claude-opus-4-6": replace(_BOTH_MODES, min_cacheable_tokens=4096),
    "claude-opus-4-5": replace(_OLD, min_cacheable_tokens=4096, efforts=("low", "medium", "high")),
    "claude-sonnet-5-5": _SWITCHABLE,
    "claude-sonnet-5": ModelFacts(takes_tool_changes=False, released="2026-06-30T00:00:00Z"),
    "claude-sonnet-4-6": replace(_BOTH_MODES, min_cacheable_tokens=2048),
    "claude-sonnet-4-5": _OLD,
    "claude-haiku-5-5": replace(_SWITCHABLE, released="2026-10-07T00:00:00Z"),
    "claude-haiku-4-5": replace(_OLD, min_cacheable_tokens=4096),
}
MODELS: Mapping[str, ModelFacts] = {
    name: replace(_CAPABILITIES[name], limits=limits) for name, limits in MODEL_LIMITS.items()
}
"""Every model that has limits, in the order in which `/v1/models` lists them."""


def find_model_facts(model: str) -> ModelFacts | None:
    """Return the facts of a model; an id with a date counts as the same model. None: there is no such model."""
    return MODELS.get(model) or MODELS.get(without_date(model))


def describe_model(model: str, facts: ModelFacts) -> JSONObject:
    """Return a model as `/v1/models` shows it. Capabilities that are not published are reported as supported."""
    _, line, *version = without_date(model).split("-")

    def supported(is_supported: bool = True) -> JSONObject:
        return {"supported": is_supported}

    thinking = {
        kind: supported(kind in facts.thinking) for kind in ("adaptive", "between_tools", "disabled", "enabled")
    }
    strategies = ("clear_thinking_20251015", "clear_tool_uses_20250919", "compact_20260112")
    return {
        "type": "model",
        "id": model,
        "display_name": f"Claude {line.capitalize()} {'.'.join(version)}",
        "created_at": facts.released,
        "line": line,
        "lifecycle": "active",
        "deprecated_at": None,
        "retires_at": None,
        "max_input_tokens": facts.limits.context_tokens,
        "max_tokens": facts.limits.max_output_tokens,
        "capabilities": {
            "batch": supported(),
            "citations": supported(),
            "code_execution": supported(),
            "context_management": {"supported": True, **{name: supported() for name in strategies}},
            "effort": {
                "supported": bool(facts.efforts),
                **{level: supported(level in facts.efforts) for level in _EFFORTS},
            },
            "image_input": supported(),
            "pdf_input": supported(),
            "server_tools": {"supported": True, "code_execution": supported(), "web_search": supported()},
            "structured_outputs": supported(),
            "thinking": {"supported": True, "types": thinking},
        },
    }
