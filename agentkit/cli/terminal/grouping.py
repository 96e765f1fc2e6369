"""Group many calls of one sub-agent in a log: the first ones have lines of their own, the others are counted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentkit import Event

_MOST = 8
"""The number of calls of one sub-agent by one run that have lines of their own."""


@dataclass(slots=True)
class _Crowd:
    """Counts of the calls of one sub-agent by one run."""

    begun: int = 0
    started: int = 0
    done: int = 0
    failed: int = 0

    def said(self, who: str, name: str) -> str:
        """Return the counts as a line when a round number of calls, or all of them, have ended; else an empty text."""
        ended = self.done + self.failed
        if ended < self.begun and str(ended).rstrip("0") not in ("1", "2", "5"):
            return ""
        running = self.started - ended
        states = ((self.done, "done"), (running, "running"), (self.failed, "failed"))
        counts = ", ".join(f"{count:,} {state}" for count, state in states if count > 0)
        return f"{who}: {name} x {self.begun:,}: {counts}"


@dataclass(slots=True)
class Crowds:
    """Decides for every event whether it has its own line, no line, or a line with the counts of its group."""

    _crowds: dict[tuple[str, str], _Crowd] = field(default_factory=dict[tuple[str, str], _Crowd])
    _calls: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    """The key of a call's group, by the id of the run that the call starts."""
    _hidden: set[str] = field(default_factory=set[str])
    """The ids of runs that have no lines, as nothing below them has."""

    def line(self, event: Event) -> str | None:
        """Return the line for an event of a group, empty for no line. None: the event has its own line."""
        from agentkit.run import events as kinds

        if isinstance(event, kinds.RunStarted) and event.run_id in self._calls:
            self._crowds[self._calls[event.run_id]].started += 1
        if self._is_hidden(event.run_id):
            return ""
        match event:
            case kinds.ToolStarted() if event.is_agent:
                return self._begun(event.run_id, event.call_id, event.name)
            case kinds.ToolFinished() if (crowd := self._crowd_of(event.run_id, event.call_id)) is not None:
                crowd.done += not event.is_error
                crowd.failed += event.is_error
                if crowd.begun <= _MOST or event.is_error:
                    return None
                return crowd.said("/".join(event.path), event.name)
            case _:
                return None

    def _begun(self, run_id: str, call_id: str, name: str) -> str | None:
        crowd = self._crowds.setdefault((run_id, name), _Crowd())
        self._calls[f"{run_id}/{call_id}"] = (run_id, name)
        crowd.begun += 1
        if crowd.begun <= _MOST:
            return None
        self._hidden.add(f"{run_id}/{call_id}")
        return ""

    def _crowd_of(self, run_id: str, call_id: str) -> _Crowd | None:
        return self._crowds.get(self._calls.get(f"{run_id}/{call_id}", ("", "")))

    def _is_hidden(self, run_id: str) -> bool:
        while run_id and run_id not in self._hidden:
            run_id = run_id.rpartition("/")[0]
        return bool(run_id)
