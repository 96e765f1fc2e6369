"""The end of a run as its last step: all that cannot be found again by executing its recorded steps.

A run that has ended is not entered again. Its recorded steps give messages, answer and most charges; the end gives the
outcome, and what was cut off: the charges of a reply that broke off, and the ends of sub-agents that were stopped with
the run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from agentkit.budget.charges import Charge, merge_charges
from agentkit.errors import ModelError
from agentkit.loop.actions import Finish
from agentkit.loop.model_calls.exchange import MODEL_ERROR_FIELDS
from agentkit.run.outcome import Outcome
from agentkit.run.steps import Step, recorded_value

if TYPE_CHECKING:
    from agentkit.messages.message import JSONObject
    from agentkit.run.result import RunResult
    from agentkit.run.steps import Slot, Steps

Out = TypeVar("Out")


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
    has_started: bool = True
    """False: it ended while it opened what it needs, before its first turn."""
    is_out_of_time: bool = False
    """True if calls were cut off because the time of a budget was over."""
    unrecorded_charges: tuple[Charge, ...] = ()
    """The charges of model calls that no step has recorded."""
    children: Mapping[str, RunEnd] = field(default_factory=dict[str, "RunEnd"])
    """The ends of sub-agents that were stopped with the run, by run id below that of the run."""

    was_reported: bool = True
    """False for the end of a sub-agent that was stopped with its run: no RunFinished was emitted for it."""

    def apply_to(self, result: RunResult[Out]) -> RunResult[Out]:
        """Return the result of the rebuilt run with this end."""
        charges = merge_charges((*result.charges, *self.unrecorded_charges))
        return replace(result, outcome=self.outcome, reason=self.reason, error=self.error, charges=charges)

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
            "has_started": self.has_started,
            "is_out_of_time": self.is_out_of_time,
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
            value.get("has_started", True),
            value.get("is_out_of_time", False),
            tuple(map(Charge.from_json, value["unrecorded"])),
            {
                run_id: replace(cls.from_json(child), was_reported=False)
                for run_id, child in value.get("children", {}).items()
            },
        )


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
