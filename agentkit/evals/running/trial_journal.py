"""The journal of the trials in progress: each goes on where it was if the process dies, and is deleted at its end."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentkit.run.steps import Steps, StepsStore

if TYPE_CHECKING:
    from agentkit.messages.message import JSONObject


@dataclass(frozen=True, slots=True)
class TrialJournal(StepsStore):
    """A journal that knows the runs of a trial by its content, so that one of another content begins anew."""

    store: StepsStore
    """The journal."""
    key: str
    """The key of the trial."""

    def open_run(self, run_id: str) -> AbstractAsyncContextManager[Steps]:
        """See `StepsStore.open_run`."""
        return self.store.open_run(f"{self.key}/{run_id}")

    def open_runs(self, run_id: str) -> AbstractAsyncContextManager[Sequence[JSONObject]]:
        """See `StepsStore.open_runs`."""
        return self.store.open_runs(f"{self.key}/{run_id}")

    def reopen(self, run_id: str) -> None:
        """See `StepsStore.reopen`."""
        self.store.reopen(f"{self.key}/{run_id}")
