"""The lines of an export that are imported: read, and checked to be a possible history of one run.

Two rules for this file: a run with a hole would do again what it has done, so it is refused; and every reason names the
line, before anything is written.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from types import UnionType
from typing import TYPE_CHECKING, cast

from agentkit.journal.envelope import NewRecord, Record, refused_line
from agentkit.journal.levels import prefix_of
from agentkit.tools.reserved_names import ANSWER_TOOL

if TYPE_CHECKING:
    from agentkit.journal.places import SortKey
    from agentkit.messages.message import JSONObject


_OTHER_TYPE = "it is damaged, or no record of a run (a part of it has another type)"


def read_lines(lines: Iterable[str], run_id: str | None) -> tuple[str | None, list[NewRecord]]:
    """Return the run that the lines of an export name, and their records.

    Args:
        lines: The lines, or a text of them; empty ones do not count.
        run_id: The id that the run gets instead. None: its own.

    Raises:
        JournalError: One of them is no record, or damaged, or they are not the beginning of one run.
    """
    found: list[NewRecord] = []
    own_id: str | None = None
    history = _History()
    for number, line in enumerate(lines.splitlines() if isinstance(lines, str) else lines, 1):
        if line.strip():
            line_id, new = Record.from_line(line, number)
            if own_id not in (None, line_id):
                raise refused_line(number, f"it is of run `{line_id}`, those before it are of run `{own_id}`")
            own_id = line_id
            try:
                objection = history.objection(new.record, number) if _has_right_types(new.record) else _OTHER_TYPE
            except (AttributeError, LookupError, TypeError, ValueError):  # a right hash does not say who wrote it
                objection = _OTHER_TYPE
            if objection:
                raise refused_line(number, objection)
            found.append(new)
    return own_id if run_id is None else run_id, found


def _has_right_types(record: Record) -> bool:
    """Return True for a record that can be stored: its hash alone does not say that this package has written it."""
    texts = record.name, record.kind, record.effect, record.key, record.request_hash, record.request
    return (
        _are_all((record.cost_usd,), int | float | None)
        and _are_all(texts, str)
        and _are_all((record.execution, record.started_s, record.ended_s), int | float)
        and record.phase in ("intent", "value")
        and bool(record.place)
        and _are_all([number for place in record.place for number in place], int)
        and (isinstance(record.value, dict) or bool(record.blobs))
    )


def _are_all(values: Iterable[object], kind: type | UnionType) -> bool:
    return all(isinstance(value, kind) for value in values)


@dataclass(slots=True)
class _Level:
    """The records so far of one run in the tree: of the root, or of a sub-agent."""

    kinds: set[str] = field(default_factory=set[str])
    turns: int = 0
    """The number of model calls whose value is recorded."""
    calls_due: set[int] = field(default_factory=set[int])
    """The places in the last turn of the calls without a value."""
    has_answer: bool = False
    """True if the last turn may be the answer: it calls nothing but the answer tool."""


@dataclass(slots=True)
class _History:
    """The records so far."""

    _lines: dict[tuple[str, str], int] = field(default_factory=dict[tuple[str, str], int])
    _last: SortKey = ()
    _levels: dict[str, _Level] = field(default_factory=dict[str, _Level])

    def objection(self, record: Record, number: int) -> str | None:
        """Return the reason why a record cannot follow those before it. None: it can, and counts from now on."""
        earlier = self._lines.setdefault((record.name, record.phase), number)
        if earlier != number:
            return f"the {record.phase} of step `{record.name}` is in line {earlier}, too"
        if record.sort_key < self._last:
            return f"step `{record.name}` belongs before the line above it: the order is not that of the export"
        self._last = record.sort_key
        level = self._levels.setdefault(prefix_of(record.name), _Level())
        if missing := _missing_before(record, level):
            return f"there is a hole before step `{record.name}`: {missing} is missing"
        if record.phase == "value":
            _count(record, level)
        return None


def _missing_before(record: Record, level: _Level) -> str:
    """Return what should have been recorded before a record of a run. Empty: nothing."""
    turn = record.place[-1][0]
    if record.kind == "model":
        if turn > level.turns + 1:
            return f"the value of model call {level.turns + 1}"
        if level.calls_due:
            return _missing_call(level)
    if record.is_call and record.phase == "value" and turn > level.turns:
        return f"the value of model call {turn}"
    if record.kind == "end" and _has_completed(record):
        if level.calls_due:
            return _missing_call(level)
        if not level.has_answer:
            return f"the value of model call {level.turns + 1}"
    is_by_loop = record.kind == "prefix" or (record.kind == "model" and record.request_hash)
    for kind in ("input", "prefix") if is_by_loop else ():
        if kind not in level.kinds and kind != record.kind:
            return f"the step `{kind}` of its run"
    return ""


def _missing_call(level: _Level) -> str:
    return f"the result of call {min(level.calls_due)} of model call {level.turns}"


def _count(record: Record, level: _Level) -> None:
    level.kinds.add(record.kind)
    if record.kind == "model":
        level.turns, level.calls_due = record.place[-1][0], _calls_of(record)
        level.has_answer = not level.calls_due or _calls_answer_tool(record)
    elif record.is_call:
        level.calls_due.discard(record.place[-1][1])
    elif record.kind == "check" and cast("JSONObject", record.value).get("place") == "restart":
        level.calls_due = set()  # the turn was given up for the note of a guardrail


def _has_completed(record: Record) -> bool:
    return isinstance(record.value, dict) and record.value.get("outcome") == "completed"


def _calls_of(record: Record) -> set[int]:
    """Return the places of the calls of a recorded reply that a run executes before it goes on."""
    calls = _tool_use_blocks(record)
    if len({call["id"] for call in calls}) < len(calls):
        return set()  # such a turn is dropped
    return {place for place, call in enumerate(calls, 1) if call["name"] != ANSWER_TOOL}


def _calls_answer_tool(record: Record) -> bool:
    return any(call["name"] == ANSWER_TOOL for call in _tool_use_blocks(record))


def _tool_use_blocks(record: Record) -> list[JSONObject]:
    turn: JSONObject = cast("JSONObject", record.value).get("turn") or {}
    if turn.get("stop_reason") != "tool_use":
        return []
    return [block for block in turn["content"] if block["type"] == "tool_use"]
