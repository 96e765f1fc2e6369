"""An evaluation as reports read it; they know nothing of how it was made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from agentkit.evals.statistics.paired import PairedComparison
from agentkit.evals.statistics.task_flags import TaskFlag
from agentkit.evals.trial import AnyTrial
from agentkit.messages.message import JSONObject
from agentkit.patterns.classify.intervals import Interval


class ReportedTask(Protocol):
    """A task as reports read it."""

    @property
    def name(self) -> str:
        """The name."""
        ...

    @property
    def category(self) -> str:
        """The kind of task. Empty: none."""
        ...


class Reported(Protocol):
    """An evaluation as reports read it; `Evaluation` is one."""

    @property
    def suite(self) -> str:
        """The name of the suite."""
        ...

    @property
    def description(self) -> str:
        """A sentence on it."""
        ...

    @property
    def tasks(self) -> Sequence[ReportedTask]:
        """The tasks in order."""
        ...

    @property
    def agents(self) -> Sequence[str]:
        """The names of the agents."""
        ...

    @property
    def models(self) -> Mapping[str, str]:
        """Agent -> the id of its model."""
        ...

    @property
    def trials(self) -> Sequence[AnyTrial]:
        """All trials."""
        ...

    @property
    def seed(self) -> int:
        """The seed."""
        ...

    @property
    def tries(self) -> int:
        """The tries of each task, at most."""
        ...

    @property
    def until_width(self) -> float | None:
        """The width of a task's interval at which its tries end. None: all tries are made."""
        ...

    @property
    def started(self) -> datetime:
        """The start."""
        ...

    @property
    def faults(self) -> str:
        """The faults that it ran under. Empty: none."""
        ...

    @property
    def stopped(self) -> str:
        """The reason why it is not complete. Empty: it is."""
        ...

    @property
    def problems(self) -> Sequence[AnyTrial]:
        """The trials that say nothing about their agents."""
        ...

    def of(self, agent: str) -> Sequence[AnyTrial]:
        """Return the trials of an agent."""
        ...

    def scores(self, agent: str) -> Mapping[str, Sequence[float]]:
        """Return task -> 1 and 0 for the judged tries that passed and failed."""
        ...

    def pass_rate(self, agent: str) -> Interval:
        """Return the mean pass rate over tasks."""
        ...

    def task_rates(self, agent: str) -> Mapping[str, Interval]:
        """Return task -> its pass rate."""
        ...

    def pass_at(self, k: int, agent: str) -> float:
        """Return pass@k."""
        ...

    def pass_hat(self, k: int, agent: str) -> float:
        """Return pass^k."""
        ...

    def compare(self, baseline: str, candidate: str) -> PairedComparison:
        """Return the candidate's difference to the baseline."""
        ...

    def flags(self) -> Mapping[str, TaskFlag]:
        """Return the tasks worth a look."""
        ...

    def transcript(self, trial: AnyTrial) -> Sequence[JSONObject]:
        """Return the messages of a trial."""
        ...
