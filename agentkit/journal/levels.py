"""The levels of a run: its sub-agents, and theirs, by what the names of their steps begin with.

One rule for this file: the end of a run has all charges below it that no value has, so once a run has ended, the
intents in it are no spending any more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentkit.journal.envelope import Record

END = "end"
"""The name of the last step of a run."""
_TRY = "try:"


def prefix_of(name: str) -> str:
    """Return what the steps of a step's run begin with: empty for the root, `tool:toolu_01/` below that call."""
    return name[: name.rfind("/") + 1]


def has_ended(prefix: str, ended: Collection[str]) -> bool:
    """Return True for a run that has an end, of its own or by that of a run above it.

    Args:
        prefix: What the names of its steps begin with.
        ended: The names of the steps that have a value; the ends among them are enough.
    """
    while f"{prefix}{END}" not in ended:
        if not prefix:
            return False
        prefix = _prefix_above(prefix)
    return True


def _prefix_above(prefix: str) -> str:
    """Return what the steps of the run above begin with. A further try of a call is no run below the first one."""
    above, _, last = prefix[:-1].rpartition("/")
    return prefix_of(above) if last.startswith(_TRY) else f"{above}/" if above else ""


def records_that_count(records: Iterable[Record], ended: Collection[str]) -> Iterator[Record]:
    """Yield the records whose charges are spending: values, and what was on its way in runs that have not ended.

    Args:
        records: The records of a run.
        ended: The names of its steps that have a value.
    """
    for record in records:
        if record.phase == "value" or not (record.name in ended or has_ended(prefix_of(record.name), ended)):
            yield record
