"""The ids of a run's tool calls: each call has one of its own, also where a server numbers calls anew in every turn.

Steps, idempotency keys, child runs, artifacts and events are named after it. A call whose id was used before, by an
earlier turn or an eager call that was dropped, takes the number of its turn, `call_0@2`; every other one keeps the id
of its block.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentkit.messages.message import ToolCall


@dataclass(slots=True)
class CallIds:
    """The ids of the calls of one run, of all turns that were kept so far, and of the calls that were dropped."""

    used: set[str] = field(default_factory=set[str])

    def own_ids(self, calls: Sequence[ToolCall], turn: int) -> Sequence[ToolCall]:
        """Return the calls of a turn that is kept, each with an id of its own, which counts as used from now on."""
        ids = [call.id for call in calls]
        if not self.used.isdisjoint(ids):
            calls = [self.with_own_id(call, turn) if call.id in self.used else call for call in calls]
            ids += [call.id for call in calls]
        self.used.update(ids)
        return calls

    def with_own_id(self, call: ToolCall, turn: int) -> ToolCall:
        """Return a call whose id was used before under another one, the same each time for the same turn."""
        own = f"{call.id}@{turn}"
        while own in self.used:
            own += "+"
        return replace(call, id=own, block_id=call.id)
