"""The gates that a tool call passes: one for each run above it, its own included, that has guardrails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from agentkit.messages.message import Content, JSONObject
    from agentkit.run.middleware import ToolRun


@dataclass(frozen=True, slots=True)
class GatedCall:
    """One tool call at a gate."""

    run: ToolRun
    """The call as it is executed, behind all middleware."""
    messages: Callable[[], Sequence[JSONObject]]
    """Returns the conversation of the agent that made it."""


class ToolGate(Protocol):
    """Decides, for one guarded run, about the tool calls in it and in all runs below it."""

    async def before_call(self, call: GatedCall) -> str | None:
        """Wait until a call may be executed. Returns a note for the model, or None.

        Raises:
            ToolError: It is not executed; the text is its result.
        """
        ...

    def refuse_if_blocked(self) -> None:
        """Raise ToolError if its run is blocked by now; called from any thread."""
        ...

    async def after_call(self, call: GatedCall, content: Content) -> str | None:
        """Check a result before the model reads it. Returns and raises as `before_call` does."""
        ...

    async def replay(self, call: GatedCall) -> None:
        """Note the recorded verdicts on a call whose result is recorded, too."""
        ...
