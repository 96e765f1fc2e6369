"""The end of a run as its last step: all that cannot be found again by executing its recorded steps.

A run that has ended is not entered again. Its recorded steps give messages, answer and most charges; the end gives the
outcome, and what was cut off: the charges of a reply that broke off, and the ends of sub-agents that were stopped with
the run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from agentkit.budget.budget import Budget
from agentkit.budget.charges import Charge, merge_charges
from agentkit.errors import ModelError, RunConflict
from agentkit.loop.actions import Finish
from agentkit.loop.durable.recorded_guardrails import guardrails_from_json, guardrails_to_json
from agentkit.loop.model_calls.exchange import MODEL_ERROR_FIELDS
from agentkit.loop.state import AnswerBy
from agentkit.run.guardrails.verdicts import VerdictRecord, record_from_json, record_to_json
from agentkit.run.outcome import Outcome
from agentkit.run.steps import Step, recorded_value

if TYPE_CHECKING:
    from agentkit.loop.output_validation import OutputValidation
    from agentkit.messages.message import JSONObject
    from agentkit.run.agent_spec import AgentSpec
    from agentkit.run.guardrails.guardrail import Guardrail
    from agentkit.run.result import RunResult
    from agentkit.run.steps import Slot, Steps

Deps = TypeVar("Deps")
In = TypeVar("In")
Out = TypeVar("Out")

_OTHER_TYPE = "Its recorded answer does not fit the output type that the agent has now."


@dataclass(frozen=True, slots=True)
class RunEnd:
    """The end of one run."""

    outcome: Outcome
    reason: str
    model: str = ""
    """The name of the model that the run began with. Empty: it is not known."""
    error: ModelError | None = None
    finish: Finish | None = None
    """The end as the run itself came to it. None: it was stopped from outside."""
    limits: tuple[int, int] | None = None
    """`max_turns` and `output_retries` of the agent, as they were. None: not known."""
    output: str = ""
    """The output type of the agent, as it was. Empty: not known."""
    has_started: bool = True
    """False: it ended while it opened what it needs, before its first turn."""
    is_out_of_time: bool = False
    """True if calls were cut off because the time of a budget was over."""
    actions: int | None = None
    """The number of actions that its loop had started. None: not known."""
    has_answer: bool = True
    """False: it had accepted no answer when it was cut off, whatever the last reply was."""
    unrecorded_charges: tuple[Charge, ...] = ()
    """The charges of model calls that no step has recorded."""
    children: Mapping[str, RunEnd] = field(default_factory=dict[str, "RunEnd"])
    """The ends of sub-agents that were stopped with the run, by run id below that of the run."""
    verdicts: tuple[VerdictRecord, ...] = ()
    """The verdicts of the guardrails of the run."""
    guardrails: Sequence[Guardrail] | None = None
    """The guardrails that it had. None: not known."""
    budget: Budget | None = None
    """The limits of all budgets of the run together. None: it did not end `budget_exhausted`, or that is not known."""
    was_reported: bool = True
    """False for the end of a sub-agent that was stopped with its run, or dropped: no RunFinished was emitted for it."""

    def apply_to(self, result: RunResult[Out]) -> RunResult[Out]:
        """Return the result of the rebuilt run with this end."""
        charges = merge_charges((*result.charges, *self.unrecorded_charges))
        reason = _OTHER_TYPE if self.has_lost_answer(result) else self.reason
        answer = result.answer if self.has_answer else None
        end = replace(result, outcome=self.outcome, reason=reason, error=self.error, answer=answer)
        return replace(end, charges=charges, verdicts=self.verdicts)

    def spec_as_it_was(self, spec: AgentSpec[Deps, In, Out]) -> AgentSpec[Deps, In, Out]:
        """Return the agent with the guardrails that the run had."""
        had, has = self.guardrails, spec.guardrails
        return spec if had is None or not (had or has) else replace(spec, guardrails=had)

    def has_lost_answer(self, result: RunResult[Out]) -> bool:
        """Return True if the run has completed, and its recorded answer is none for the output type of now."""
        return self.outcome is Outcome.COMPLETED and result.answer is None

    def all_unrecorded_charges(self) -> Iterator[Charge]:
        """Yield the charges that no step has recorded, of this run and those below it."""
        yield from self.unrecorded_charges
        for child in self.children.values():
            yield from child.all_unrecorded_charges()

    def to_json(self) -> JSONObject:
        """Return the end as JSON, to be stored as a step."""
        value = self._facts()
        if charges := [charge.to_json() for charge in self.all_unrecorded_charges()]:
            value["charges"] = charges  # where a journal finds them
        if not self.was_reported:
            value["was_reported"] = False
        if self.outcome is Outcome.BUDGET_EXHAUSTED and self.budget is not None:
            value["budget"] = asdict(self.budget)
        return value

    def _facts(self) -> JSONObject:
        finish = None if self.finish is None else {"outcome": str(self.finish.outcome), "reason": self.finish.reason}
        error = self.error
        return {
            "outcome": str(self.outcome),
            "reason": self.reason,
            "model": self.model,
            "error": None
            if error is None
            else {"text": str(error), **{n: getattr(error, n) for n in MODEL_ERROR_FIELDS}},
            "finish": finish,
            "limits": None if self.limits is None else [*self.limits],
            "output": self.output,
            "has_started": self.has_started,
            "is_out_of_time": self.is_out_of_time,
            "actions": self.actions,
            "has_answer": self.has_answer,
            "verdicts": [record_to_json(record) for record in self.verdicts],
            "guardrails": None if self.guardrails is None else guardrails_to_json(self.guardrails),
            "unrecorded": [charge.to_json() for charge in self.unrecorded_charges],
            "children": {run_id: child._facts() for run_id, child in self.children.items()},  # noqa: SLF001
        }

    @classmethod
    def from_json(cls, value: JSONObject) -> RunEnd:
        """Restore an end from `to_json`, or the one of a run that was cancelled from outside: it has fewer facts."""
        error, finish = value.get("error"), value.get("finish")
        return cls(
            Outcome(value["outcome"]),
            value["reason"],
            value.get("model", ""),
            None if error is None else ModelError(error["text"], **{name: error[name] for name in MODEL_ERROR_FIELDS}),
            None if finish is None else Finish(Outcome(finish["outcome"]), finish["reason"]),
            None if (limits := value.get("limits")) is None else (limits[0], limits[1]),
            value.get("output", ""),
            value.get("has_started", True),
            value.get("is_out_of_time", False),
            value.get("actions"),
            value.get("has_answer", True),
            tuple(map(Charge.from_json, value["unrecorded"])),
            {
                run_id: replace(cls.from_json(child), was_reported=False)
                for run_id, child in value.get("children", {}).items()
            },
            tuple(map(record_from_json, value.get("verdicts", ()))),
            None if (guardrails := value.get("guardrails")) is None else guardrails_from_json(guardrails),
            Budget(**budget) if (budget := value.get("budget")) else None,
            value.get("was_reported", True),
        )


CUT_OFF = RunEnd(Outcome.CANCELLED, "The run was cancelled.", was_reported=False)
"""The end of a run that nobody has recorded: the process died, and the run is not to go on."""


@dataclass(frozen=True, slots=True)
class EndStep:
    """The last step of a run, in which its end is recorded."""

    steps: Steps
    slot: Slot

    @classmethod
    def reserve(cls, steps: Steps) -> EndStep | None:
        """Reserve the step. None: the steps are not durable."""
        return cls(steps, steps.reserve(Step("end", "end"))) if steps.is_durable else None

    async def recorded(self) -> RunEnd | None:
        """Return the end of an earlier execution. None: the run has not ended."""
        value = await recorded_value(self.steps, self.slot)
        return None if value is None else RunEnd.from_json(value)

    async def record(self, end: RunEnd) -> None:
        """Record the end. Raises JournalError if that is not possible."""

        async def effect() -> JSONObject:
            return end.to_json()

        await self.steps.run(self.slot, effect)


def check_recorded_answer(
    end: RunEnd, result: RunResult[Out], validation: OutputValidation[Out], answer_by: AnswerBy, last_step: str
) -> None:
    """Raise RunConflict for a run that has completed with an answer which is none of the output type of now.

    Args:
        end: The recorded end of the run.
        result: The run, rebuilt from its steps.
        validation: The validation of its answers.
        answer_by: The form in which the answer was given.
        last_step: The name of the last step of a model call, which gave it.
    """
    spec, run_id = validation.spec, result.run_id
    is_text_of_json = end.outcome is Outcome.COMPLETED and spec.is_text and answer_by is not AnswerBy.TEXT
    if not (is_text_of_json or end.has_lost_answer(result)):
        return
    before = f"of the type {end.output}" if end.output else "of another type"
    copy = f"Journal.fork({run_id!r}, {f'{run_id}-2'!r}, before={last_step!r})"
    what_is_wrong = validation.last_rejection.partition("\n")[2]
    raise RunConflict(
        f"The run {run_id!r} in the journal has completed with an answer {before}, which does not fit {spec.name}, the "
        f"output type that the agent {result.agent!r} has now. Give the agent its earlier output type to read the "
        f"answer, or have it answer again in a copy: `{copy}`, then resume that.\n{what_is_wrong}".rstrip()
    )
