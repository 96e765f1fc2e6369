"""One sub-agent that runs in the background of a run: its state for the model, and how its parent stops it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import anyio

from agentkit.event_loop import EventLoop

if TYPE_CHECKING:
    from agentkit.messages.message import JSONObject

BackgroundWork: TypeAlias = "Callable[[StopSignal], Awaitable[tuple[JSONObject, bool]]]"
"""Runs a sub-agent to its end; returns the report for the model, and True if its parent had stopped it, now or in an
earlier execution. Raises nothing but interrupts and exits."""


@dataclass(slots=True)
class StopSignal:
    """Stops one sub-agent's run from another task, or from another thread."""

    reason: str = ""
    """The reason for the stop. Empty: it was not stopped."""
    _attached: tuple[anyio.CancelScope, EventLoop] | None = field(default=None, repr=False)

    def attach_scope(self, scope: anyio.CancelScope) -> None:
        """Cancel this scope when `stop` is called, or at once if it was called before. Called in the run's loop."""
        self._attached = scope, EventLoop.current()
        if self.reason:
            scope.cancel()

    def stop(self, reason: str) -> None:
        """Stop the run; its result names the reason."""
        self.reason = self.reason or reason
        if self._attached is not None:
            scope, loop = self._attached
            loop.call_or_post(scope.cancel)


@dataclass(slots=True)
class BackgroundRun:
    """A sub-agent that runs in the background."""

    handle: str
    call_position: int
    """The position of the call that started it among all calls of the run, from 1."""
    stop_signal: StopSignal = field(default_factory=StopSignal)
    ended: anyio.Event = field(default_factory=anyio.Event)
    is_stop_ahead: bool = False
    """True if an earlier execution has recorded that it was stopped, and this one has not come to that yet: in the
    order of the steps it still runs."""
    final_report: JSONObject = field(default_factory=dict[str, object])
    """The report for the model once the run has ended. Empty before that."""
    was_collected: bool = False
    """True once the model has read how the run ended."""

    def status_report(self) -> JSONObject:
        """Return the report for the model: the state, and the result once the run has ended."""
        return {"handle": self.handle, **(self.final_report if self.has_ended else {"state": "running"})}

    @property
    def has_ended(self) -> bool:
        """True once it has ended, in the order of the steps."""
        return self.ended.is_set() and not self.is_stop_ahead

    def stop(self, reason: str) -> None:
        """Stop it; its result names the reason."""
        self.stop_signal.stop(reason)
        self.is_stop_ahead = False

    async def wait_for_end(self) -> None:
        """Wait for its end. One that an earlier execution has stopped does not go on for those who wait."""
        await self.ended.wait()
        self.is_stop_ahead = False
