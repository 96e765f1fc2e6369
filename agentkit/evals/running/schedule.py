"""The order of the tries of an evaluation, and when a task has had enough of them.

Tries come in rounds: the first of every task and agent, then the second. An evaluation that is stopped has then tried
all tasks about equally often, and both sides of a comparison.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import anyio

if TYPE_CHECKING:
    from agentkit.evals.statistics.stopping import StoppingRule
    from agentkit.evals.task import AnyTask
    from agentkit.evals.trial import AnyTrial

_MOST_TRIES_OF_A_BATCH = 10


def batch_size(concurrency: int, pairs: int) -> int:
    """Return the tries of one task after which a stopping rule looks: enough of them to use the concurrency.

    Args:
        concurrency: The most trials at once.
        pairs: The number of pairs of a task and an agent.
    """
    return max(1, min(_MOST_TRIES_OF_A_BATCH, concurrency // max(1, pairs)))


@dataclass(frozen=True, slots=True)
class Try:
    """One try of one agent at one task, to be made."""

    agent: str
    """The name of the agent."""
    task: AnyTask
    """The task."""
    number: int
    """The number of the try, from 1."""


@dataclass(slots=True)
class _Pair:
    agent: str
    task: AnyTask
    given_out: int = 0
    ended: int = 0
    passed: int = 0
    judged: int = 0
    is_done: bool = False
    is_skipped: bool = False


@dataclass(eq=False)
class Schedule:
    """Gives out the tries of an evaluation, and takes note of the trials that have ended."""

    agents: Iterable[str]
    """The names of the agents."""
    tasks: Sequence[AnyTask]
    """The tasks."""
    tries: int
    """The most tries of an agent at a task."""
    seed: int
    """Chooses the order."""
    rule: StoppingRule | None = None
    """Ends the tries at a task early. None: all are made."""
    _pairs: dict[tuple[str, str], _Pair] = field(init=False)
    _ready: deque[Try] = field(default_factory=deque[Try], init=False)
    _has_ended: anyio.Event = field(default_factory=anyio.Event, init=False)

    def __post_init__(self) -> None:
        order = random.Random(f"order of tries {self.seed}")  # noqa: S311 - it hides nothing
        agents, tasks = list(self.agents), list(self.tasks)
        self._pairs = {(agent, task.name): _Pair(agent, task) for agent in agents for task in tasks}
        first = self.tries if self.rule is None else min(self.rule.batch, self.tries)
        for _ in range(first):
            order.shuffle(tasks)
            for task in tasks:
                order.shuffle(agents)
                for agent in agents:
                    self._give_out(self._pairs[agent, task.name])

    @property
    def most_tries(self) -> int:
        """The number of tries that have ended and that may still be made."""
        return sum(pair.ended if pair.is_done else self.tries for pair in self._pairs.values())

    async def take(self) -> Try | None:
        """Return the next try; waits while it depends on those in progress. None: there is none left."""
        while not self._ready:
            if all(pair.ended == pair.given_out for pair in self._pairs.values()):
                return None
            await self._has_ended.wait()
        return self._ready.popleft()

    def skip(self, one: Try) -> None:
        """Take note that a try was not made, nor will be those of its agent at its task that depend on it.

        Args:
            one: The try.
        """
        pair = self._pairs[one.agent, one.task.name]
        pair.ended += 1
        pair.is_skipped = True
        self._wake()

    def note(self, trial: AnyTrial) -> None:
        """Take note of a trial that has ended.

        Args:
            trial: The trial, with its grades or its problem.
        """
        pair = self._pairs[trial.agent, trial.task]
        pair.ended += 1
        pair.judged += trial.is_judged
        pair.passed += trial.passed
        if pair.ended == pair.given_out and not pair.is_skipped:
            self._go_on(pair)
        self._wake()

    def _wake(self) -> None:
        self._has_ended.set()
        self._has_ended = anyio.Event()

    def _go_on(self, pair: _Pair) -> None:
        """Give out the tries of a pair up to the next look of the rule, so that it looks at every batch."""
        if self.rule is None or self.rule.is_done(pair.passed, pair.judged):
            pair.is_done = True
            return
        missing = self.rule.batch - pair.judged % self.rule.batch
        for _ in range(min(missing, self.tries - pair.given_out)):
            self._give_out(pair)

    def _give_out(self, pair: _Pair) -> None:
        pair.given_out += 1
        self._ready.append(Try(pair.agent, pair.task, pair.given_out))
