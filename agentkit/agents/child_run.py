"""A child run under its delegation terms: retried where they say so, with one budget and time limit for all tries.

Two rules for this file: the result of every try is added to the delegating run, whatever ended it, so that its cost is
counted; and whatever ends one child, an error of the program included, does not end its siblings.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Generic, cast

import anyio

from agentkit.agents.output_checks import POINTS_ELSEWHERE, points_elsewhere
from agentkit.budget.account import Account
from agentkit.errors import UsageError
from agentkit.loop.child_runs import OffSwitch
from agentkit.loop.lifecycle import Chat, Job
from agentkit.messages.message import text_of
from agentkit.run.agent_spec import AnySpec, In, Out
from agentkit.run.delegation_terms import Escalate, Terms
from agentkit.run.events import RunFinished
from agentkit.run.outcome import Outcome
from agentkit.run.scope import sharing

if TYPE_CHECKING:
    from agentkit.loop.parent_call import Delegation
    from agentkit.models.model import Model
    from agentkit.run.agent_spec import AgentSpec
    from agentkit.run.result import RunResult

_MOST_CHARS = 4_000
"""The most characters of a child's last reply that the delegating model reads."""
_NOT_AGAIN = (Outcome.BUDGET_EXHAUSTED, Outcome.CANCELLED)
"""Outcomes without another try: it would have no more money, or no more time."""


def with_model(agent: AnySpec, model: str | Model) -> AnySpec:
    """Return the agent with another model, and without its own price, which does not hold for that model."""
    return replace(agent, model=model, price=None)


@dataclass(frozen=True, slots=True)
class ChildRun(Generic[In, Out]):
    """One delegation, from the prompt to a result."""

    agents: Sequence[AgentSpec[object, In, Out]]
    """The agents to try, one after another."""
    terms: Terms[Out]
    parent: Delegation | None
    """The tool call that delegates. None: the delegation comes from Python."""
    off: OffSwitch = field(default_factory=OffSwitch)
    """Stops the run from another task."""

    async def perform(self, prompt: In | str) -> RunResult[Out]:
        """Return the result of the first try that gave an answer, or of the last one.

        Raises whatever `verify` raises, and UsageError; the result has been added to the parent by then.
        """
        first, *others = self.agents
        deadline = anyio.current_time() + (self.terms.timeout_s or math.inf)
        with self._in_budget() as parent:
            result = await self._try(first, prompt, parent, deadline)
            for agent in others:
                if result.answer is not None or result.outcome in _NOT_AGAIN:
                    break
                result = await self._try(agent, prompt, parent, deadline)
        return result

    @contextmanager
    def _in_budget(self) -> Generator[Delegation | None]:
        """Yield the parent call with the child's scope set, under the budget of the delegation."""
        name, budget = self.agents[0].name, self.terms.budget
        owner = f"the delegation to {name!r}"
        if self.parent is None:
            with sharing(budget, owner):
                yield None
        else:
            yield self.parent.placed(name, () if budget is None else (Account(budget, owner),))

    async def _try(
        self, agent: AgentSpec[object, In, Out], prompt: In | str, parent: Delegation | None, deadline: float
    ) -> RunResult[Out]:
        place = None if parent is None else parent.next_try(agent.name)
        job = Job(agent, Chat(), prompt, {}, place, OutputCheck(self.terms, agent.answer.is_text))
        try:
            with anyio.CancelScope(deadline=deadline) as time:
                self.off.watch(time)
                await job.perform(parent.scope.listener if parent is not None else None)
        except Exception as error:
            reason = str(error) if isinstance(error, UsageError) else f"The program raised {type(error).__name__}."
            await self._end(job, Outcome.FAILED, reason)
            raise
        except BaseException:
            self._adopt(job.result())
            raise
        if time.cancelled_caught:
            late = f"It was stopped after {self.terms.timeout_s} s, its time limit."
            return await self._end(job, Outcome.CANCELLED, self.off.reason or late)
        result = job.result()
        self._adopt(result)
        return result

    async def _end(self, job: Job[object, In, Out], outcome: Outcome, reason: str) -> RunResult[Out]:
        """Return the result of a run that was stopped from here, and emit the RunFinished that it could not emit."""
        has_ended = job.run is not None and job.run.finish is not None  # only its clean-up was interrupted
        result = job.result() if has_ended else replace(job.result(), outcome=outcome, reason=reason)
        self._adopt(result)
        if job.run is not None and not has_ended:
            usage, cost = result.usage, result.cost.total
            await job.run.scope.emit(
                lambda place: RunFinished(**place, outcome=outcome, reason=reason, usage=usage, cost=cost)
            )
        return result

    def _adopt(self, result: RunResult[Out]) -> None:
        if self.parent is not None:
            self.parent.adopt(cast("RunResult[object]", result))


@dataclass(slots=True)
class OutputCheck(Generic[Out]):
    """The check of a child's output beyond its type: it must not only refer to an earlier reply, and pass `verify`."""

    terms: Terms[Out]
    is_text: bool
    _was_told: bool = field(default=False, init=False)

    async def __call__(self, output: Out) -> str | None:
        """Return the reason why the output is sent back, or None. A mere reference is sent back once."""
        if self.is_text and not self._was_told and points_elsewhere(str(output)):
            self._was_told = True
            return POINTS_ELSEWHERE
        if self.terms.verify is None:
            return None
        reason = self.terms.verify(output)
        return await reason if inspect.isawaitable(reason) else reason


def tries(agent: AgentSpec[object, In, Out], terms: Terms[Out]) -> list[AgentSpec[object, In, Out]]:
    """Return the agents to try, one after another, under these terms."""
    match terms.on_failure:
        case Escalate(model):
            return [agent, with_model(agent, model)]
        case "retry":
            return [agent, agent]
        case _:
            return [agent]


def told_of_failure(result: RunResult[Out], count: int) -> str:
    """Return the text for the delegating model on a child without an answer: its outcome, reason and last reply."""
    again = f" after {count} tries" if count > 1 else ""
    told = f"The sub-agent `{result.agent}` gave no answer{again}; its outcome is {result.outcome}. {result.reason}"
    said = last_words(result)
    return f"{told.rstrip()}\nThe last thing that it said:\n{said}" if said else told.rstrip()


def last_words(result: RunResult[Out]) -> str:
    """Return the last reply of a run with content of its own, cut to a maximum length. Empty: there is none."""
    turns = (text_of(one["content"]).strip() for one in reversed(result.messages) if one["role"] == "assistant")
    said = next((text for text in turns if text and not points_elsewhere(text)), "")
    return said if len(said) <= _MOST_CHARS else f"{said[:_MOST_CHARS]} [cut off here]"
