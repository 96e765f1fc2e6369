"""The result of a run: its output if it has one, its outcome, and everything that was done."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import takewhile
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Generic

from typing_extensions import TypeVar

from agentkit.budget.cache_report import CacheBreak, CacheReport
from agentkit.budget.charges import Charge, total_cost, total_usage
from agentkit.budget.cost_tree import CostTree, run_cost_tree
from agentkit.budget.usage import Cost, Usage
from agentkit.errors import RunIncomplete
from agentkit.messages.container import Container
from agentkit.messages.message import JSONObject, citations_of
from agentkit.run.guardrails.verdicts import VerdictRecord, record_to_json
from agentkit.run.outcome import Outcome, Unfinished
from agentkit.schema.validation.unknown_attributes import explain_unknown_attributes
from agentkit.tools.artifacts.store import KeptArtifact

if TYPE_CHECKING:
    from agentkit.errors import ModelError

Out_co = TypeVar("Out_co", default=str, covariant=True)


@dataclass(frozen=True, slots=True)
class Answer(Generic[Out_co]):
    """A wrapper around an output, because None may be one."""

    value: Out_co


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult(Generic[Out_co]):
    """One whole execution of an agent."""

    run_id: str
    """The id of the run."""
    agent: str
    """The agent's name."""
    outcome: Outcome
    """The way in which the run ended."""
    reason: str = ""
    """The reason for the outcome, in a sentence. Empty for a completed run."""
    answer: Answer[Out_co] | None = field(default=None, repr=False)
    """The wrapped output; None if there is none. `output` is the convenient way to it."""
    charges: tuple[Charge, ...] = ()
    """The charges of this run's own model calls, by model and price."""
    children: tuple[RunResult[object], ...] = ()
    """The runs of sub-agents that this run delegated to, in the order of the calls."""
    messages: Sequence[JSONObject] = field(default=(), repr=False)
    """The whole conversation so far as the API's own dictionaries. Of a `map` with a journal they are read from it when
    they are used."""
    unfinished: tuple[Unfinished, ...] = ()
    """Tool calls that did not finish, here and in the children."""
    tool: str = ""
    """The tool through which the parent delegated. Empty for the root."""
    call_id: str = ""
    """The parent's tool call. Empty for the root."""
    artifacts: Mapping[str, KeptArtifact] = field(default_factory=dict[str, KeptArtifact], repr=False, compare=False)
    """Tool results kept as artifacts, here and in the children, by handle; in a conversation, of earlier runs too."""
    cache_breaks: tuple[CacheBreak, ...] = field(default=(), repr=False)
    """The own requests of this run that missed the prompt cache entry of the request before."""
    stop_sequence: str | None = None
    """The stop sequence that the last reply met. None: none."""
    container: Container | None = None
    """The container in which the API runs code for the conversation. None: no code ran."""
    applied_edits: tuple[JSONObject, ...] = ()
    """The edits that the server made to the prompts of this run, `context_management`, in the API's own form."""
    verdicts: tuple[VerdictRecord, ...] = field(default=(), repr=False)
    """The verdicts of this run's own guardrails, in the order in which they came."""
    error: ModelError | None = field(default=None, compare=False)
    """The error of the API or of the connection, for the outcome `failed`. None otherwise."""

    def __str__(self) -> str:
        """Return the output, or the reason why there is none, and below it the outcome and the cost."""
        end = f"{self.agent}: {self.outcome}, cost {self.cost}"
        if self.answer is None:
            return f"{self.reason}\n\n{end}" if self.reason else end
        value: object = self.answer.value
        return f"{value if isinstance(value, str) else repr(value)}\n\n{end}"

    def save(self, path: str | PathLike[str]) -> None:
        """Write the result to a file as JSON: output, outcome, usage, cost and messages, and those of its children.

        Raises OSError as `open` does. The conversation goes on from its `messages`, as from `result.messages`.

        Args:
            path: The file; one that exists is replaced.
        """
        text = json.dumps(_result_to_json(self), ensure_ascii=False, indent=2)
        # What UTF-8 does not have, half of a pair of surrogates, JSON writes as an escape.
        Path(path).write_bytes(f"{text}\n".encode(errors="backslashreplace"))

    @property
    def ok(self) -> bool:
        """True if the run completed."""
        return self.outcome is Outcome.COMPLETED

    @property
    def output(self) -> Out_co:
        """The output of the run.

        Raises:
            RunIncomplete: There is none; the message names the outcome, which `error.outcome` has, too. Check `ok`
                (completed) or `answer` (None: there is no output) first where a run may end otherwise.
        """
        if self.answer is None:
            sent = "Sent to the model: " if self.outcome is Outcome.INVALID_OUTPUT else ""
            raise RunIncomplete(
                f"The run of {self.agent!r} has no output, its outcome is {self.outcome}. {sent}{self.reason}".rstrip(),
                outcome=self.outcome,
            )
        return self.answer.value

    @property
    def citations(self) -> tuple[JSONObject, ...]:
        """The citations of the last reply, in the API's own form. A paused reply and its continuation are one."""
        last = [*takewhile(lambda message: message["role"] == "assistant", reversed(self.messages))]
        return tuple(citation for message in reversed(last) for citation in citations_of(message["content"]))

    @property
    def own_usage(self) -> Usage:
        """Tokens of this run's own model calls."""
        return total_usage(self.charges)

    @property
    def own_cost(self) -> Cost:
        """Price of this run's own model calls."""
        return total_cost(self.charges)

    @property
    def usage(self) -> Usage:
        """Tokens of this run and everything below it."""
        return sum((child.usage for child in self.children), self.own_usage)

    @property
    def cost(self) -> RunCost:
        """Price of this run and everything below it; `cost.tree()` breaks it down."""
        total = sum((child.cost for child in self.children), self.own_cost)
        return RunCost(total.usd, total.estimated_usd, run=self)

    def cache_report(self) -> CacheReport:
        """Return the prompt cache's hits and breaks, for this run and everything below it."""
        return CacheReport(self.usage, tuple(self._all_breaks()))

    def _all_breaks(self) -> Iterator[CacheBreak]:
        yield from self.cache_breaks
        for child in self.children:
            yield from child._all_breaks()  # noqa: SLF001 - of the same class


def _result_to_json(result: RunResult[object]) -> JSONObject:
    from pydantic_core import to_jsonable_python

    cost, has_output = result.cost, result.answer is not None
    return {
        "run_id": result.run_id,
        "agent": result.agent,
        "outcome": str(result.outcome),
        "reason": result.reason,
        "has_output": has_output,
        "output": to_jsonable_python(result.output, inf_nan_mode="strings", fallback=repr) if has_output else None,
        "usage": result.usage.to_json(),
        "cost_usd": cost.usd,
        "estimated_usd": cost.estimated_usd,
        "messages": [*result.messages],
        "unfinished": [asdict(one) for one in result.unfinished],
        "verdicts": [record_to_json(one) for one in result.verdicts],
        "children": [
            {"tool": child.tool, "call_id": child.call_id, **_result_to_json(child)} for child in result.children
        ],
    }


@dataclass(frozen=True, slots=True)
class RunCost(Cost):
    """The cost of a run, with the run. Added to another cost, it is a plain `Cost`."""

    run: RunResult[object] = field(kw_only=True, repr=False, compare=False)

    @property
    def total(self) -> Cost:
        """The plain `Cost`, without a reference to the run."""
        return Cost(self.usd, self.estimated_usd)

    def tree(self) -> CostTree:
        """Return the cost by sub-agent, outcome, tool, model and cache class. Printed, it is a text of 80 columns."""
        run = self.run
        below = [(child.tool, child.cost.tree()) for child in run.children]
        return run_cost_tree(run.agent, run.run_id, str(run.outcome), run.charges, below)


explain_unknown_attributes(
    RunResult,
    {
        "what a run gives is `result.output`": "data final_output structured_output content text",
        "the messages of a run are `result.messages`": "all_messages new_messages to_input_list",
    },
)
