"""Trials that need not be made: those of the store, graded again where a grader is new or has changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agentkit.evals.running.grading import grade_trial
from agentkit.evals.running.store import EvalStore
from agentkit.evals.running.trial_journal import TrialJournal
from agentkit.evals.running.trial_keys import TrialKeys
from agentkit.journal.journal import Journal
from agentkit.tools.worker_threads import run_in_thread

if TYPE_CHECKING:
    from agentkit.evals.running.schedule import Try
    from agentkit.evals.trial import AnyTrial
    from agentkit.models.overriding_client import Client


@dataclass(slots=True)
class KeptTrials:
    """The trials of one evaluation in the store."""

    store: EvalStore
    """The store."""
    keys: TrialKeys
    """The keys of its trials."""
    _runs: Journal = field(init=False)

    def __post_init__(self) -> None:
        self._runs = Journal(self.store.path.with_suffix(".runs.db"))

    async def find(self, one: Try, blank: AnyTrial, client: Client | None) -> tuple[AnyTrial, float] | None:
        """Return a kept trial with its grades, and the US dollars that graders have spent. None: it has to be made.

        Args:
            one: The try.
            blank: The trial, without what was done.
            client: The client of graders that are agents. None: their own.
        """
        key = self.keys.of_trial(one)
        grade_keys = self.keys.of_grades(one.task, key)
        known = self.store.kept_grades(grade_keys)
        found = self.store.kept_trial(key, blank, with_world=None in known)
        if found is None or (None in known and not found[1]):
            return None
        trial, spent = await grade_trial(found[0], one.task.graders, client, known)
        if None in known:
            self.store.keep_grades(grade_keys, trial)
        return self.store.stored_trial(key, trial), spent

    def journal(self, one: Try) -> TrialJournal:
        """Return the journal of a trial, so that it goes on where it was if the process dies.

        Args:
            one: The try.
        """
        return TrialJournal(self._runs, self.keys.of_trial(one))

    async def forget_runs(self) -> None:
        """Delete the runs of trials that have ended from the journal."""
        if self._runs.path.exists():
            async with self._runs.open_runs(""):  # the file stays open meanwhile, which is faster
                await run_in_thread(self._runs.prune, name="delete runs of trials")

    def keep(self, one: Try, trial: AnyTrial) -> None:
        """Keep a trial that was made, before it is graded.

        Args:
            one: The try.
            trial: The trial.
        """
        self.store.keep_trial(self.keys.of_trial(one), trial)

    def keep_grades(self, one: Try, trial: AnyTrial) -> AnyTrial:
        """Keep the grades of a trial, and return it without its world, its messages left in the store.

        Args:
            one: The try.
            trial: The trial.
        """
        key = self.keys.of_trial(one)
        self.store.keep_grades(self.keys.of_grades(one.task, key), trial)
        return self.store.stored_trial(key, trial)
