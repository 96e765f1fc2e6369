"""A trial: one try of an agent at a task, with what it did, what it left behind and what it cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeAlias

from typing_extensions import TypeVar

from agentkit.evals.grade import Grade
from agentkit.messages.message import JSONObject
from agentkit.run.outcome import Outcome
from agentkit.testing.expectations import Call

World = TypeVar("World", default=None)
"""The type of the world that a task is done in."""


@dataclass(frozen=True, kw_only=True)
class Trial(Generic[World]):
    """One try of an agent at a task. Graders read it; the evaluation adds their grades."""

    task: str
    """The name of the task."""
    input: object
    """The input of the task."""
    category: str = ""
    """The category of the task."""
    tags: Sequence[str] = ()
    """The tags of the task."""
    agent: str
    """The name of the agent in the evaluation."""
    number: int
    """The number of the try, from 1."""
    world: World
    """The world of this try as the agent left it: what the task's setup returned. None: the task has no setup."""
    output: object = None
    """The output of the run: a text, or a value of the agent's output type. None: there is none."""
    outcome: Outcome = Outcome.COMPLETED
    """The outcome of the run."""
    reason: str = ""
    """The reason of the outcome, where it has one."""
    transcript: Sequence[JSONObject] = field(default=(), repr=False)
    """The messages of the run, as the API's own dictionaries. A conversation with a user: those of all its runs."""
    sub_transcripts: Mapping[str, Sequence[JSONObject]] = field(
        default_factory=dict[str, Sequence[JSONObject]], repr=False
    )
    """The messages of the sub-agents by the path of names and the run's number, `lead/reader#2`."""
    calls: Sequence[Call] = field(default=(), repr=False)
    """The tool calls of the run and of its sub-agents."""
    cost_usd: float | None = None
    """The cost of the run with its sub-agents, in US dollars. None: a price is not known."""
    input_tokens: int = 0
    """Tokens that went in, cached ones included."""
    output_tokens: int = 0
    """Tokens that came out."""
    seconds: float = 0.0
    """The time that the run took."""
    faults_met: Mapping[str, int] = field(default_factory=dict[str, int])
    """The faults that it met, by kind, where the evaluation runs under faults."""
    grades: Sequence[Grade] = ()
    """The grades, one a grader, in the order of the task's graders. Empty: it is not graded yet, or cannot be."""
    problem: str = ""
    """The reason why nothing can be said about the agent: an infrastructure failure, or a grader that raised. Such a
    trial has not failed and is reported apart. Empty: there is none."""

    @property
    def is_judged(self) -> bool:
        """True if it passed or failed; False for an infrastructure failure or a grader that raised."""
        return not self.problem and bool(self.grades)

    @property
    def passed(self) -> bool:
        """True if every grader passed it."""
        return self.is_judged and all(grade.passed for grade in self.grades)

    @property
    def score(self) -> float:
        """The mean of the graders' scores, from 0 to 1; 0 if it is not judged."""
        return sum(grade.points for grade in self.grades) / len(self.grades) if self.is_judged else 0.0

    def graded(self, grades: Sequence[Grade], problem: str = "") -> Trial[World]:
        """Return the trial with these grades.

        Args:
            grades: The grades, one a grader.
            problem: The reason why it cannot be graded. Empty: there is none.
        """
        return replace(self, grades=tuple(grades), problem=problem)


AnyTrial: TypeAlias = Trial[Any]
"""A trial, whatever its world."""
WorldView: TypeAlias = "Callable[[Any], object]"
"""Returns what a grader looks at, of the world that a try left behind."""
