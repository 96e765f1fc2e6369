"""The runs of a journal as they are listed: agent, state, steps and cost."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from agentkit.journal import rows
from agentkit.journal.run_lock import owner_of

RUNNING, INTERRUPTED = "running", "interrupted"
"""The states of a run that has not ended: somebody executes it, or nobody does."""


@dataclass(frozen=True, slots=True)
class RunInfo:
    """A run of a journal."""

    run_id: str
    """The id of the run."""
    agent: str
    """The name of its agent. Empty: nothing was recorded that names it."""
    status: str
    """`running`, `interrupted`, or the outcome with which it has ended."""
    steps: int
    """The number of steps that have ended, those of its sub-agents included."""
    cost_usd: float | None
    """The cost so far. None: the price of a model is not known."""
    created_at: float
    """Seconds since the epoch, when its first step was recorded."""
    address: str = ""
    """`MODULE:AGENT`, where its agent is found. Empty: nobody has said it (`Journal.set_address`)."""

    @classmethod
    def of(cls, journal: Path, run: rows.StoredRun, agent: str, outcome: str) -> RunInfo:
        """Return the facts of a run that the tables, its records and its lock give.

        Args:
            journal: The file of the journal.
            run: The run, as the tables describe it.
            agent: The name of its agent.
            outcome: The outcome. Empty: it has not ended.
        """
        status = outcome or (INTERRUPTED if owner_of(journal, run.run_id) is None else RUNNING)
        return cls(run.run_id, agent, status, run.steps, run.cost_usd, run.created_at, run.address)


def list_with_facts(connection: sqlite3.Connection) -> list[tuple[rows.StoredRun, str, str]]:
    """Return the runs, each with the name of its agent and its outcome; empty where they are not recorded."""
    found: list[tuple[rows.StoredRun, str, str]] = []
    for run in rows.list_runs(connection):
        facts = (_fact(connection, run.run_id, "input", "agent"), _fact(connection, run.run_id, "end", "outcome"))
        found.append((run, *facts))
    return found


def _fact(connection: sqlite3.Connection, run_id: str, step: str, name: str) -> str:
    """Return a short text of the value of a step. Empty: there is none."""
    record = rows.find_value(connection, run_id, step)
    fact = record.value.get(name) if record is not None and isinstance(record.value, dict) else None
    return fact if isinstance(fact, str) else ""
