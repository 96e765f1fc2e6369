"""The keys under which trials and grades are kept: a change of content makes another one, a new name does not."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agentkit.evals.contenders import Evaluated, PerTask
from agentkit.evals.running.agent_names import agent_for
from agentkit.evals.running.content import fingerprint

if TYPE_CHECKING:
    from agentkit.evals.faults.spec import Faults
    from agentkit.evals.running.schedule import Try
    from agentkit.evals.task import AnyTask
    from agentkit.run.settings import Settings


@dataclass(slots=True)
class TrialKeys:
    """The keys of the trials of an evaluation. What they are made of is read once."""

    agents: dict[str, Evaluated]
    """The agents by name."""
    settings: Settings | None
    """Instead of the agents' settings. None: theirs."""
    faults: Faults | None
    """The faults that the agents meet. None: no faults are planted."""
    server: str
    """The server that answers; see `servers.py`."""
    seed: int
    """The seed of the evaluation; it counts only under faults, which it chooses."""
    _agents: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str], init=False)
    _tasks: dict[str, str] = field(default_factory=dict[str, str], init=False)
    _graders: dict[str, list[str]] = field(default_factory=dict[str, list[str]], init=False)

    def of_trial(self, one: Try) -> str:
        """Return the key of a try.

        Args:
            one: The try.
        """
        faults = "" if self.faults is None else f"{self.faults} {self.seed} {one.task.name}"
        return _joined(self._agent(one.agent, one.task), self._task(one.task), faults, str(one.number))

    def of_grades(self, task: AnyTask, trial_key: str) -> list[str]:
        """Return the keys of the grades of a trial, one for each grader of its task.

        Args:
            task: The task.
            trial_key: The key of the trial.
        """
        if task.name not in self._graders:
            self._graders[task.name] = [fingerprint(grader) for grader in task.graders]
        return [_joined(trial_key, grader) for grader in self._graders[task.name]]

    def _agent(self, name: str, task: AnyTask) -> str:
        evaluated = self.agents[name]
        place = (name, task.name if isinstance(evaluated, PerTask) else "")
        if place not in self._agents:
            made = agent_for(name, evaluated, task) if isinstance(evaluated, PerTask) else evaluated
            self._agents[place] = fingerprint(made, self.settings, self.server)
        return self._agents[place]

    def _task(self, task: AnyTask) -> str:
        if task.name not in self._tasks:
            exchanges = None if task.user is None else task.max_exchanges
            self._tasks[task.name] = fingerprint(task.input, task.setup, task.user, exchanges)
        return self._tasks[task.name]


def _joined(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode(errors="replace")).hexdigest()
