"""Request settings of an agent: the body fields beside system, tools and messages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, cast

from agentkit.errors import DefinitionError
from agentkit.messages.message import JSONObject
from agentkit.messages.server_threads import FIELDS_REFUSED_WITH_THREADS
from agentkit.schema.validation.unknown_options import refuse_unknown_fields

SAMPLING_FIELDS = ("temperature", "top_p", "top_k")
_FORCED = ("any", "tool")
_TOOL_CHOICES = ("auto", "any", "none", "tool")

Effort: TypeAlias = Literal["low", "medium", "high", "xhigh", "max"]
"""The effort of a model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Request settings of an agent; settings given to a run replace all of the agent's.

    Raises DefinitionError for sampling parameters, which the API refuses, for fields that agentkit sends itself, and
    for fields that cannot be combined with `thread`.
    """

    max_tokens: int = 16_000
    """The most tokens one reply may have, thinking included."""
    effort: Effort | None = None
    """The effort of the model. None: the model's default."""
    thinking: JSONObject | None = None
    """The API's `thinking` field, for example `{"type": "disabled"}`. None: the model's default."""
    cache: Literal["5m", "1h"] | None = "5m"
    """Lifetime of prompt cache entries, 5 minutes or 1 hour. None: no prompt cache."""
    cache_scope: Literal["conversation", "prefix"] = "conversation"
    """`prefix`: only instructions and tools are written to the prompt cache. For agents that are asked once, such as
    classifiers: nobody reads the rest of such a request from the cache, and writing costs 1.25 times the price."""
    thread: bool = False
    """True: the server holds the conversation, and a request sends only what is new. Only Anthropic's own server can;
    to any other, and where it refuses, the whole conversation is sent: a server that ignores the field would lose it.
    The cache marker at a request's end is left out with it."""
    eager: bool = True
    """True: calls of tools that only read start eagerly, while the reply is still streaming."""
    tool_choice: Literal["auto", "any", "none"] | JSONObject | None = None
    """The API's `tool_choice`: a type alone, or its dictionary, for example `{"type": "tool", "name": "find"}`. `any`
    and `tool` hold for the first turn of a run; the API refuses them for models that always think. None: `auto`."""
    betas: tuple[str, ...] = ()
    """Values of the `anthropic-beta` header."""
    extra: Mapping[str, object] = field(default_factory=dict[str, object])
    """Any other field of the body, sent unchanged: new features of the API need no release of agentkit."""

    def __post_init__(self) -> None:
        for name, (wanted, is_right) in _FIELD_RULES.items():
            if not is_right(given := getattr(self, name)):
                raise DefinitionError(f"Settings({name}={given!r}): it takes {wanted}.")
        if sampling := [name for name in SAMPLING_FIELDS if name in self.extra]:
            raise DefinitionError(
                f"Settings(extra=...) has {', '.join(sampling)}: the API refuses sampling parameters."
            )
        own = {"system", "tools", "messages", "model", "stream", "tool_choice", "max_tokens", "thinking", "thread"}
        if clash := sorted(own & self.extra.keys()):
            raise DefinitionError(f"Settings(extra=...) has {', '.join(clash)}, which agentkit sends itself.")
        if self.thread and (clash := sorted(self.extra.keys() & FIELDS_REFUSED_WITH_THREADS)):
            raise DefinitionError(f"Settings(thread=True) does not go with {', '.join(clash)}: the API refuses both.")
        choice = self._tool_choice()
        kind = choice.get("type") if isinstance(choice, dict) else None
        if choice is not None and (kind not in _TOOL_CHOICES or (kind == "tool" and not choice.get("name"))):
            raise DefinitionError(
                f"Settings(tool_choice={self.tool_choice!r}) must be one of 'auto', 'any', 'none', or "
                'the API\'s dictionary with one of these types or {"type": "tool", "name": ...}.'
            )
        if kind in _FORCED and (self.thinking or {}).get("type") == "enabled":
            raise DefinitionError(
                "Settings(tool_choice=...) forces a call, which the API refuses with thinking enabled."
            )

    def _tool_choice(self) -> JSONObject | None:
        return {"type": self.tool_choice} if isinstance(self.tool_choice, str) else self.tool_choice

    @property
    def chosen_tool(self) -> str | None:
        """The name of the tool that the first turn has to call. None: it has to call no certain one."""
        choice = self._tool_choice() or {}
        return str(choice["name"]) if choice.get("type") == "tool" else None

    def tool_choice_for(self, turn: int) -> JSONObject | None:
        """Return the `tool_choice` of a run's turn, counted from 1. None: the request has none."""
        choice = self._tool_choice()
        if choice is None or turn == 1 or choice.get("type") not in _FORCED:
            return choice
        one_call: object = choice.get("disable_parallel_tool_use")
        return None if one_call is None else {"type": "auto", "disable_parallel_tool_use": one_call}

    def options(self) -> JSONObject:
        """Return these settings as body fields."""
        options: JSONObject = {"max_tokens": self.max_tokens, **self.extra}
        if self.thinking is not None:
            options["thinking"] = self.thinking
        if self.effort is not None:
            options["output_config"] = {**options.get("output_config", {}), "effort": self.effort}
        if self.cache_marker is not None and self.cache_scope == "conversation":
            options["cache_control"] = self.cache_marker
        return options

    @property
    def cache_marker(self) -> JSONObject | None:
        """The API's `cache_control` for `cache`. None: no prompt cache."""
        if self.cache is None:
            return None
        return {"type": "ephemeral"} if self.cache == "5m" else {"type": "ephemeral", "ttl": "1h"}


def _is_texts(value: object) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(one, str) for one in cast("Sequence[object]", value))


_SWITCH: tuple[str, Callable[[object], bool]] = ("True or False", lambda value: isinstance(value, bool))
_FIELD_RULES: Mapping[str, tuple[str, Callable[[object], bool]]] = {
    "max_tokens": (
        "a whole number above 0",
        lambda value: isinstance(value, int) and not isinstance(value, bool) and value > 0,
    ),
    "effort": ('"low", "medium", "high", "xhigh" or "max"', lambda value: value is None or isinstance(value, str)),
    "thinking": (
        'the API\'s dictionary, such as {"type": "disabled"}',
        lambda value: value is None or isinstance(value, Mapping),
    ),
    "cache": ('"5m", "1h" or None', lambda value: value in (None, "5m", "1h")),
    "cache_scope": ('"conversation" or "prefix"', lambda value: value in ("conversation", "prefix")),
    "thread": _SWITCH,
    "eager": _SWITCH,
    "betas": ("a tuple of texts", _is_texts),
    "extra": ('a dict of body fields, such as {"service_tier": "auto"}', lambda value: isinstance(value, Mapping)),
}
refuse_unknown_fields(Settings, "Settings(...)")
