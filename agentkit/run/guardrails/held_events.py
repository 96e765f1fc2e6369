"""The listener of a guarded run: it holds events back, in their order, until they may be shown.

Two rules for this file: whoever sends an event that is held does not wait, so that the reply is read to its end; and
what was held comes before what is sent afterwards, from whatever thread.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

from anyio.lowlevel import checkpoint_if_cancelled

from agentkit.run.events import (
    CitationDelta,
    Event,
    RunFinished,
    RunStarted,
    TextDelta,
    ThinkingDelta,
    TurnFinished,
    TurnStarted,
)
from agentkit.run.guardrails.verdict_event import VerdictGiven

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable

HoldReason: TypeAlias = Literal["input", "output"]
"""The reason why events are held: the input, or a reply that may be the output, is being checked."""

_REPLY_EVENTS = (TextDelta, ThinkingDelta, CitationDelta, TurnFinished)
"""Events with the content of a reply."""
_WITHOUT_CONTENT = (RunStarted, VerdictGiven, RunFinished)
"""Events of the guarded run that say nothing of what a model, a tool or a sub-agent did."""


class Listener(Protocol):
    """Receives events; see `EventListener`."""

    def send(self, event: Event) -> Coroutine[Any, Any, None]:
        """Deliver an event; waits until the listener takes it."""
        ...

    def send_soon(self, event: Event) -> None:
        """Deliver an event without waiting, from synchronous code."""
        ...


class HeldEvents:
    """Stands in front of the listener of a run and of all runs below it.

    Args:
        listener: The listener.
        run_id: The guarded run.
    """

    def __init__(self, listener: Listener, run_id: str) -> None:
        self._listener = listener
        self._run_id = run_id
        self._lock = threading.Lock()
        self._held: list[Event] | None = None
        """The events that are held. None: they are passed on as they come."""
        self._reasons: set[HoldReason] = set()
        self._is_closed = False
        """True: only those of the guarded run that have no content are passed on."""

    def send(self, event: Event) -> Coroutine[Any, Any, None]:
        """See `EventListener.send`. No coroutine of its own, whose every resumption would take time."""
        if (self._held is not None or self._is_closed) and self._keep(event):
            return _nothing()
        return self._listener.send(event)

    def send_soon(self, event: Event) -> None:
        """See `EventListener.send_soon`."""
        if (self._held is not None or self._is_closed) and self._keep(event):
            return
        self._listener.send_soon(event)

    def _keep(self, event: Event) -> bool:
        """Return True if an event is held, or dropped."""
        with self._lock:
            if self._is_closed:
                return not self._is_without_content(event)
            if self._held is None:
                return False
            self._held.append(event)
            return True

    def hold(self, reason: HoldReason) -> None:
        """Hold all events from now on."""
        with self._lock:
            self._reasons.add(reason)
            if self._held is None and not self._is_closed:
                self._held = []

    def release(self, reason: HoldReason, *, without_last_reply: bool = False) -> None:
        """Pass on what is held, unless it is held for another reason, too.

        Args:
            reason: The reason that holds no more.
            without_last_reply: True: the last reply of the run was dropped, so its content is not shown.
        """
        with self._lock:
            self._reasons.discard(reason)
            if self._held is None:
                return
            if without_last_reply:
                self._held[:] = self._without_last_reply(self._held)
            if not self._reasons:
                self._pass_on(self._held)
                self._held = None

    def close(self) -> None:
        """Drop what is held and what comes, the events of the guarded run without content aside."""
        with self._lock:
            self._is_closed = True
            held, self._held = self._held or [], None
            self._pass_on(event for event in held if self._is_without_content(event))

    def _pass_on(self, events: Iterable[Event]) -> None:
        for event in events:
            self._listener.send_soon(event)

    def _is_without_content(self, event: Event) -> bool:
        return event.run_id == self._run_id and isinstance(event, _WITHOUT_CONTENT)

    def _without_last_reply(self, held: list[Event]) -> list[Event]:
        own = [
            (i, one.turn) for i, one in enumerate(held) if one.run_id == self._run_id and isinstance(one, TurnStarted)
        ]
        start = next((i for i, turn in own if turn == own[-1][1]), 0)  # the parts of a paused reply are one turn
        return [
            event
            for i, event in enumerate(held)
            if i < start or event.run_id != self._run_id or not isinstance(event, _REPLY_EVENTS)
        ]


async def _nothing() -> None:
    await checkpoint_if_cancelled()
