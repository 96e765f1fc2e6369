"""Group many calls of one sub-agent in a log: the first ones have lines of their own, the others are counted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentkit import Event

_MAX_SEPARATE_CALLS = 8
"""The number of calls of one sub-agent by one run that have lines of their own."""


@dataclass(slots=True)
class _CallGroup:
    """Counts of the calls of one sub-agent by one run."""

    called: int = 0
    started: int = 0
    done: int = 0
    failed: int = 0

    def count_line(self, who: str, name: str) -> str:
        """Return the counts as a line when a round number of calls, or all of them, have ended; else an empty text."""
        ended = self.done + self.failed
        if ended < self.called and str(ended).rstrip("0") not in ("1", "2", "5"):
            return ""
        running = self.started - ended
        states = ((self.done, "done"), (running, "running"), (self.failed, "failed"))
        counts = ", ".join(f"{count:,} {state}" for count, state in states if count > 0)
        return f"{who}: {name} x {self.called:,}: {counts}"


@dataclass(slots=True)
class CallGroups:
    """Decides for every event whether it has its own line, no line, or a line with the counts of its group."""

    _groups: dict[tuple[str, str], _CallGroup] = field(default_factory=dict[tuple[str, str], _CallGroup])
    _group_keys: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    """The key of a call's group, by the id of the run that the call starts."""
    _hidden_runs: set[str] = field(default_factory=set[str])
    """The ids of runs that have no lines, as nothing below them has."""

    def grouped_line(self, event: Event) -> str | None:
        """Return the line for an event of a group, empty for no line. None: the event has its own line."""
        from agentkit.run import events as kinds

        if isinstance(event, kinds.RunStarted) and event.run_id in self._group_keys:
            self._groups[self._group_keys[event.run_id]].started += 1
        if self._is_hidden(event.run_id):
            return ""
        match event:
            case kinds.ToolStarted() if event.is_agent:
                return self._count_call(event.run_id, event.call_id, event.name)
            case kinds.ToolFinished() if (group := self._group_of(event.run_id, event.call_id)) is not None:
                group.done += not event.is_error
                group.failed += event.is_error
                if group.called <= _MAX_SEPARATE_CALLS or event.is_error:
                    return None
                return group.count_line("/".join(event.path), event.name)
            case _:
                return None

    def _count_call(self, run_id: str, call_id: str, name: str) -> str | None:
        group = self._groups.setdefault((run_id, name), _CallGroup())
        self._group_keys[f"{run_id}/{call_id}"] = (run_id, name)
        group.called += 1
        if group.called <= _MAX_SEPARATE_CALLS:
            return None
        self._hidden_runs.add(f"{run_id}/{call_id}")
        return ""

    def _group_of(self, run_id: str, call_id: str) -> _CallGroup | None:
        return self._groups.get(self._group_keys.get(f"{run_id}/{call_id}", ("", "")))

    def _is_hidden(self, run_id: str) -> bool:
        while run_id and run_id not in self._hidden_runs:
            run_id = run_id.rpartition("/")[0]
        return bool(run_id)
