"""Limits of a resumed run: its recorded turns keep those that they were made under, what follows has the agent's own.

The final turn is announced in the prompt, so a recorded turn is the final one, or not, as it was. Another `max_turns`
of the agent holds from the first turn on that is not recorded, and leaves at least that one.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING

from agentkit.run.steps import Step, recorded_value

if TYPE_CHECKING:
    from agentkit.loop.run_limits import RunLimits
    from agentkit.loop.state import RunState
    from agentkit.messages.message import JSONObject
    from agentkit.run.steps import Steps


@dataclass(slots=True)
class LateLimits:
    """The limits of one run whose steps are durable."""

    steps: Steps
    own: RunLimits
    """The limits of the agent as it is now."""
    _held: RunLimits | None = field(default=None, init=False)
    """The limits of the model call before. None: there was none."""
    _count: int = field(default=0, init=False)
    """The number of model calls so far."""
    _is_settled: bool = field(default=False, init=False)
    """True if the state has just got the limits of the next model call."""

    async def for_next_call(self, state: RunState) -> RunState | None:
        """Return the state with the limits of the next model call. None: it has them."""
        if self._is_settled:
            self._is_settled = False
            return None
        self._count += 1
        if self._held is None:
            self._held = self._limits_in(await recorded_value(self.steps, self.steps.reserve(Step("input", "input"))))
        held = self._held = await self._limits_of_call(self._held, state.turns)
        self._is_settled = held != state.limits
        return replace(state, limits=held) if self._is_settled else None

    async def _limits_of_call(self, held: RunLimits, turns: int) -> RunLimits:
        """Return the last limits that are recorded for this call, or those of now if it was not made under them."""
        own = replace(self.own, max_turns=max(self.own.max_turns, turns + 1))

        async def effect() -> JSONObject:
            return {"limits": [own.max_turns, own.output_retries]}

        for number in count(1):  # one for each process that has died before the call ended
            slot = self.steps.reserve(Step(f"limits:{self._count}.{number}", "limits"))
            if not slot.is_recorded and (self.steps.is_replaying or held == own):
                break
            held = self._limits_in(await self.steps.run(slot, effect))
        return held

    def _limits_in(self, recorded: JSONObject | None) -> RunLimits:
        """Return the limits that a step has recorded: those of now where it has none, as in earlier versions."""
        if recorded is None or "limits" not in recorded:
            return self.own
        turns, retries = recorded["limits"]
        return replace(self.own, max_turns=turns, output_retries=retries)
