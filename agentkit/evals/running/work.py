"""The work of one attempt at a task: the runs of agents that were made, and the output."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from agentkit.budget.usage import Cost, Usage
from agentkit.messages.message import JSONObject
from agentkit.run.outcome import Outcome
from agentkit.run.result import RunResult
from agentkit.testing.expectations import Call, tool_calls_of

AnyResult = RunResult[object]


@dataclass(frozen=True, kw_only=True)
class Work:
    """The work of one attempt at a task."""

    output: object = None
    """The output. None: there is none."""
    outcome: Outcome = Outcome.COMPLETED
    """The outcome."""
    reason: str = ""
    """The reason of the outcome."""
    transcript: Sequence[JSONObject] = ()
    """The messages of the agent. Empty: it is a pipeline."""
    runs: Sequence[AnyResult] = ()
    """The runs of the agent, each with its own messages only; or all runs that a pipeline has started."""
    users_runs: Sequence[AnyResult] = ()
    """The runs of the agent that plays the user."""
    is_pipeline: bool = False
    """True if the runs are below a pipeline."""

    @property
    def infrastructure_failure(self) -> str:
        """The failure of API, connection or journal that ended one of the runs. Empty: there is none."""
        for path, run in self._tree():
            if run.outcome in (Outcome.FAILED, Outcome.PAUSED):
                return f"the run of {path} ended {run.outcome}: {run.reason}"
        return ""

    def was_cut_by(self, owner: str) -> bool:
        """Return True if a budget of this owner has ended one of the runs.

        Args:
            owner: The owner, as the reasons of runs name it.
        """
        ended = [run.reason for _, run in self._tree() if run.outcome is Outcome.BUDGET_EXHAUSTED]
        return any(f"budget of {owner}" in reason for reason in ended)

    @cached_property
    def calls(self) -> tuple[Call, ...]:
        """The tool calls of all runs but the user's, in order."""
        return tuple(call for run in self.runs for call in tool_calls_of(run))

    @property
    def usage(self) -> Usage:
        """The tokens of all runs but the user's."""
        return sum((run.usage for run in self.runs), Usage())

    @property
    def cost(self) -> Cost:
        """The cost of all runs but the user's."""
        return sum((run.cost.total for run in self.runs), Cost())

    @property
    def whole_cost(self) -> Cost:
        """The cost with that of the user."""
        return sum((run.cost.total for run in self.users_runs), self.cost)

    def sub_transcripts(self) -> dict[str, Sequence[JSONObject]]:
        """Return the messages of the sub-agents, or of the runs of a pipeline, by path and number."""
        numbers = Counter[str]()
        found: dict[str, Sequence[JSONObject]] = {}
        for path, run in _below("", self.runs) if self.is_pipeline else self._children():
            numbers[path] += 1
            found[f"{path}#{numbers[path]}"] = run.messages
        return found

    def _children(self) -> Iterator[tuple[str, AnyResult]]:
        for run in self.runs:
            yield from _below(f"{run.agent}/", run.children)

    def _tree(self) -> Iterator[tuple[str, AnyResult]]:
        yield from _below("", self.runs)
        yield from _below("user/", self.users_runs)


def _below(prefix: str, runs: Sequence[AnyResult]) -> Iterator[tuple[str, AnyResult]]:
    for run in runs:
        yield f"{prefix}{run.agent}", run
        yield from _below(f"{prefix}{run.agent}/", run.children)


def own_part(run: RunResult[object], messages_before: int) -> AnyResult:
    """Return a run of a conversation with the messages that it has added alone.

    Args:
        run: The run.
        messages_before: The number of messages of the runs before.
    """
    return replace(run, messages=run.messages[messages_before:]) if messages_before else run
