"""Request settings of an agent: the body fields beside system, tools and messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from agentkit.errors import DefinitionError
from agentkit.messages.message import JSONObject
from agentkit.messages.server_threads import FIELDS_REFUSED_WITH_THREADS

SAMPLING_FIELDS = ("temperature", "top_p", "top_k")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Request settings of an agent; settings given to a run replace all of the agent's.

    Raises DefinitionError for sampling parameters, which the API refuses, for fields that agentkit sends itself, and
    for fields that cannot be combined with `thread`.
    """

    max_tokens: int = 16_000
    """The most tokens one reply may have, thinking included."""
    effort: Literal["low", "medium", "high", "xhigh", "max"] | None = None
    """The effort of the model. None: the model's default."""
    thinking: JSONObject | None = None
    """The API's `thinking` field, for example `{"type": "disabled"}`. None: the model's default."""
    cache: Literal["5m", "1h"] | None = "5m"
    """Lifetime of prompt cache entries, 5 minutes or 1 hour. None: no prompt cache."""
    thread: bool = False
    """True: the server holds the conversation, and a request sends only what is new. Only Anthropic's own server can;
    to any other, and where it refuses, the whole conversation is sent: a server that ignores the field would lose it.
    The cache marker at a request's end is left out with it."""
    eager: bool = True
    """True: calls of tools that only read start eagerly, while the reply is still streaming."""
    betas: tuple[str, ...] = ()
    """Values of the `anthropic-beta` header."""
    extra: Mapping[str, object] = field(default_factory=dict[str, object])
    """Any other field of the body, sent unchanged: new features of the API need no release of agentkit."""

    def __post_init__(self) -> None:
        if sampling := [name for name in SAMPLING_FIELDS if name in self.extra]:
            raise DefinitionError(
                f"Settings(extra=...) has {', '.join(sampling)}: the API refuses sampling parameters."
            )
        own = {"system", "tools", "messages", "model", "stream", "tool_choice", "max_tokens", "thinking", "thread"}
        if clash := sorted(own & self.extra.keys()):
            raise DefinitionError(f"Settings(extra=...) has {', '.join(clash)}, which agentkit sends itself.")
        if self.thread and (clash := sorted(self.extra.keys() & FIELDS_REFUSED_WITH_THREADS)):
            raise DefinitionError(f"Settings(thread=True) does not go with {', '.join(clash)}: the API refuses both.")

    def options(self) -> JSONObject:
        """Return these settings as body fields."""
        options: JSONObject = {"max_tokens": self.max_tokens, **self.extra}
        if self.thinking is not None:
            options["thinking"] = self.thinking
        if self.effort is not None:
            options["output_config"] = {**options.get("output_config", {}), "effort": self.effort}
        if self.cache_marker is not None:
            options["cache_control"] = self.cache_marker
        return options

    @property
    def cache_marker(self) -> JSONObject | None:
        """The API's `cache_control` for `cache`. None: no prompt cache."""
        if self.cache is None:
            return None
        return {"type": "ephemeral"} if self.cache == "5m" else {"type": "ephemeral", "ttl": "1h"}
