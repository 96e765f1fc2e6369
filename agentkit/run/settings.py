"""What every request of an agent carries beside the conversation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from agentkit.errors import DefinitionError
from agentkit.messages.message import JSONObject
from agentkit.messages.server_threads import NOT_WITH_THREADS

SAMPLING = ("temperature", "top_p", "top_k")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Request settings of an agent; a run may bring its own, which then replace the agent's whole.

    Raises DefinitionError for sampling parameters, which the API of today refuses, for fields that agentkit sends
    itself, and for fields that do not go with `thread`.
    """

    max_tokens: int = 16_000
    """The most tokens one reply may have, thinking included."""
    effort: Literal["low", "medium", "high", "xhigh", "max"] | None = None
    """How much work the model puts in. None: the model's default."""
    thinking: JSONObject | None = None
    """The API's `thinking` field, for example `{"type": "disabled"}`. None: the model's default."""
    cache: Literal["5m", "1h"] | None = "5m"
    """How long the server keeps the conversation's prefix. None: no prompt cache."""
    thread: bool = False
    """Whether the server holds the conversation, so that a request sends only what is new. Only Anthropic's own can;
    to every other, and where it would not, the whole conversation is sent. A server that ignores the field would lose
    it. The cache marker at a request's end does not go with it."""
    eager: bool = True
    """Whether calls of tools that only read begin while the reply still comes."""
    betas: tuple[str, ...] = ()
    """Values of the `anthropic-beta` header."""
    extra: Mapping[str, object] = field(default_factory=dict[str, object])
    """Any other field of the body, sent as it is: new features of the API need no release of agentkit."""

    def __post_init__(self) -> None:
        if sampling := [name for name in SAMPLING if name in self.extra]:
            raise DefinitionError(
                f"Settings(extra=...) has {', '.join(sampling)}: the API refuses sampling parameters."
            )
        own = {"system", "tools", "messages", "model", "stream", "tool_choice", "max_tokens", "thinking", "thread"}
        if clash := sorted(own & self.extra.keys()):
            raise DefinitionError(f"Settings(extra=...) has {', '.join(clash)}, which agentkit sends itself.")
        if self.thread and (clash := sorted(self.extra.keys() & NOT_WITH_THREADS)):
            raise DefinitionError(f"Settings(thread=True) does not go with {', '.join(clash)}: the API refuses both.")

    def options(self) -> JSONObject:
        """The body fields that these settings stand for."""
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
        """The API's `cache_control` for `cache`."""
        if self.cache is None:
            return None
        return {"type": "ephemeral"} if self.cache == "5m" else {"type": "ephemeral", "ttl": "1h"}
