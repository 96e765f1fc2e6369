"""Changes of an agent that a resumed run meets: its recorded prompt prefix stays, and the model reads what has changed.

A deploy does not strand runs: the note stands at the end of the history, in front of the first request that was not
recorded, and is a step itself, so that later executions have it in the same place.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agentkit.messages.request import PromptPrefix
from agentkit.run.steps import Step

if TYPE_CHECKING:
    from collections.abc import Callable

    from agentkit.history.run_history import RunHistory
    from agentkit.messages.message import JSONObject
    from agentkit.run.scope import RunScope


@dataclass(slots=True)
class LateChanges:
    """The notes of one run on changes of its agent."""

    scope: RunScope
    history: RunHistory
    on_new_prefix: Callable[[], None]
    """Called when the history has taken over the agent as it is now, and with it the form of the answer."""
    _count: int = field(default=0, init=False)

    async def add_to(self, note: str | None) -> str | None:
        """Return a note for the next user message, behind that on changes if there is one. The steps are durable."""
        steps = self.scope.steps
        self._count += 1
        slot = steps.reserve(Step(f"changes:{self._count}", "changes"))
        found = None if slot.is_recorded or steps.is_replaying else self.history.late_changes()
        if found is None and not slot.is_recorded:
            return note

        async def effect() -> JSONObject:
            text, prefix = found or ("", PromptPrefix(None, ()))
            return {"note": self.scope.redactor.text(text), "prefix": prefix.to_json()}

        recorded = await steps.run(slot, effect)
        self.history.take_reported_prefix(PromptPrefix.from_json(recorded["prefix"]))
        self.on_new_prefix()
        return "\n\n".join(filter(None, (recorded["note"], note))) or None
