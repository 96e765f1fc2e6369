"""What a run returns: its output if it has one, how it ended, and everything that was done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic

from typing_extensions import TypeVar

from agentkit.budget.cache_report import CacheBreak, CacheReport
from agentkit.budget.charges import Charge, cost_of_all, usage_of
from agentkit.budget.cost_tree import CostTree, run_costs
from agentkit.budget.usage import Cost, Usage
from agentkit.errors import RunIncomplete
from agentkit.messages.message import JSONObject
from agentkit.run.outcome import Outcome, Unfinished
from agentkit.tools.artifacts.store import KeptArtifact

if TYPE_CHECKING:
    from agentkit.errors import ModelError

Out_co = TypeVar("Out_co", default=str, covariant=True)


@dataclass(frozen=True, slots=True)
class Answer(Generic[Out_co]):
    """An output that was given; a box, because None may be one."""

    value: Out_co


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult(Generic[Out_co]):
    """One whole execution of an agent."""

    run_id: str
    agent: str
    """The agent's name."""
    outcome: Outcome
    """How the run ended."""
    reason: str = ""
    """Why it ended so, in a sentence. Empty for a completed run."""
    answer: Answer[Out_co] | None = field(default=None, repr=False)
    """The output in its box; None when there is none. `output` is the convenient way to it."""
    charges: tuple[Charge, ...] = ()
    """What this run's own model calls used, by model and price."""
    children: tuple[RunResult[object], ...] = ()
    """The runs of sub-agents that this run delegated to, in the order in which they ended."""
    messages: tuple[JSONObject, ...] = field(default=(), repr=False)
    """The whole conversation so far as the API's own dictionaries."""
    unfinished: tuple[Unfinished, ...] = ()
    """What was asked for and not finished, here and in the children."""
    tool: str = ""
    """The tool through which the parent delegated. Empty for the root."""
    call_id: str = ""
    """The parent's tool call. Empty for the root."""
    artifacts: Mapping[str, KeptArtifact] = field(default_factory=dict[str, KeptArtifact], repr=False, compare=False)
    """What is kept of tool results, here and in the children, by handle; in a conversation, of earlier runs too."""
    cache_breaks: tuple[CacheBreak, ...] = field(default=(), repr=False)
    """Where this run's own requests did not find in the prompt cache what the ones before had left there."""
    error: ModelError | None = None
    """What the API or the way to it said, for the outcome `failed`. None otherwise."""

    @property
    def ok(self) -> bool:
        """Whether the run completed."""
        return self.outcome is Outcome.COMPLETED

    @property
    def output(self) -> Out_co:
        """The output. Raises RunIncomplete, naming the outcome, when there is none."""
        if self.answer is None:
            raise RunIncomplete(
                f"The run of {self.agent!r} has no output, its outcome is {self.outcome}. {self.reason}".rstrip(),
                outcome=self.outcome,
            )
        return self.answer.value

    @property
    def own_usage(self) -> Usage:
        """Tokens of this run's own model calls."""
        return usage_of(self.charges)

    @property
    def own_cost(self) -> Cost:
        """Price of this run's own model calls."""
        return cost_of_all(self.charges)

    @property
    def usage(self) -> Usage:
        """Tokens of this run and everything below it."""
        return sum((child.usage for child in self.children), self.own_usage)

    @property
    def cost(self) -> RunCost:
        """Price of this run and everything below it; `cost.tree()` says where it went."""
        total = sum((child.cost for child in self.children), self.own_cost)
        return RunCost(total.usd, total.estimated_usd, run=self)

    def cache_report(self) -> CacheReport:
        """What the prompt cache did for this run and everything below it, and what broke it, if anything did."""
        return CacheReport(self.usage, tuple(self._all_breaks()))

    def _all_breaks(self) -> Iterator[CacheBreak]:
        yield from self.cache_breaks
        for child in self.children:
            yield from child._all_breaks()  # noqa: SLF001 - its own kind


@dataclass(frozen=True, slots=True)
class RunCost(Cost):
    """What a run cost. Added to another cost, it is a plain sum."""

    run: RunResult[object] = field(kw_only=True, repr=False, compare=False)

    @property
    def total(self) -> Cost:
        """The sum alone, which does not hold the run."""
        return Cost(self.usd, self.estimated_usd)

    def tree(self) -> CostTree:
        """By sub-agent, tool, model and cache class, and by how each ended. Printed, it is a text of 80 columns."""
        run = self.run
        below = [(child.tool, child.cost.tree()) for child in run.children]
        return run_costs(run.agent, run.run_id, str(run.outcome), run.charges, below)
