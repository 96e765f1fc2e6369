"""The seam: every effect of a run is a step. In memory a step is only its effect; a journal makes it durable.

Two rules for this file: a slot is reserved synchronously and in the model's order, so that a replay finds the same
slots; and everything that crosses the seam is JSON.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from typing import ClassVar, Literal, Protocol, TypeAlias, TypeVar

from agentkit.messages.message import JSONObject
from agentkit.tools.options import Effect

Value = TypeVar("Value")
ToJson: TypeAlias = Callable[[Value], JSONObject]
FromJson: TypeAlias = Callable[[JSONObject], Value]
StepFunction: TypeAlias = Callable[[], Awaitable[JSONObject]]
"""Executes a step that has no stored value yet, and returns its value."""
StepKind: TypeAlias = Literal[
    "input",
    "prefix",
    "model",
    "tool",
    "agent",
    "try",
    "check",
    "verdict",
    "time",
    "children",
    "changes",
    "limits",
    "end",
]
"""`input`: the prompt as it is sent; `prefix`: system prompt and tools; `model`: a model call; `tool`, `agent`: a tool
call, of a sub-agent or any other; `try`: a further try of a sub-agent; `check`: `verify=`, or the note of a caution;
`verdict`: that of a guardrail, which the agent may have no more; `time`: the clock;
`children`: which background runs have ended; `changes`: the note on a changed agent; `limits`: its limits, if others;
`end`: how the run ended."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a run, as it is reserved."""

    name: str
    """Unique in its run: `model:3`, `tool:toolu_01`."""
    kind: StepKind
    """The kind of the step, as `StepKind` lists them."""
    effect: Effect = "read"
    """The side effect of a further execution. A `write` is not executed again when its outcome is unknown."""
    key: str = ""
    """The idempotency key of a tool call. Empty: there is none."""
    request_hash: str = ""
    """SHA-256 of what is asked: of a model call chained over its messages, of a tool call over name and input. Another
    one than was recorded means that the program has changed what the run does. Empty: it is not known."""
    position: int = 0
    """The place of a tool call among the calls of its turn, from 1. 0: it is no tool call."""
    describe: Callable[[], str] | None = field(default=None, compare=False, repr=False)
    """Returns what is asked as text, for the error about another hash. None: there is nothing to show."""


@dataclass(frozen=True, slots=True)
class Slot:
    """The place of one step in its run, fixed before anything is awaited."""

    name: str
    """Unique in the tree of runs: `model:3`; below a child run, `tool:toolu_01/model:1`."""
    step: Step
    """The step, as it was reserved."""
    is_recorded: bool = False
    """True if an earlier execution has recorded the step's value, so that its effect is not executed."""
    intent: JSONObject | None = None
    """The intent that an earlier execution announced for the step without recording its value. None: there is none."""
    duration_s: float = 0.0
    """Seconds that a recorded step took. 0: they are not known."""


NO_SLOT = Slot("", Step("", "tool"))
"""The place of what is no step: steps that are not durable have no slots."""


class Steps(Protocol):
    """Executes the steps of a run. Inherit from it to make runs durable or distributed.

    A value or an intent with charges of model calls has them under its key `charges`.
    """

    @property
    def is_durable(self) -> bool:
        """True if values may outlive the run: they are converted to JSON, and every execution has the same slots."""
        return True

    @property
    def is_replaying(self) -> bool:
        """True while values that an earlier execution of this very run has recorded were not returned by `run` yet."""
        return False

    @property
    def worked_s(self) -> float:
        """Seconds for which earlier executions have worked on this run and those below it."""
        return 0.0

    def now(self) -> float:
        """Return seconds of the clock by which what is recorded is timed; only differences count."""
        return time.monotonic()

    def recorded_charges(self) -> Sequence[JSONObject] | None:
        """Return the charges that earlier executions have recorded here and below; of a step without a value, those
        of its intent, unless its run has ended. None: they are not known before the steps are executed again.
        """
        return None

    def reserve(self, step: Step) -> Slot:
        """Return the slot of a step. Called in the same order in every execution of the run, tool calls aside.

        Raises RunConflict if the step was recorded with another `request_hash`.
        """
        ...

    async def announce(self, slot: Slot, intent: JSONObject) -> None:
        """Record what is about to happen in a step, before it happens; a further intent replaces the one before."""
        del slot, intent  # steps without intents execute a step again whose end they have not recorded

    async def run(self, slot: Slot, effect: StepFunction) -> JSONObject:
        """Return the step's value: of the effect, or of an earlier execution. An exception of the effect propagates."""
        ...

    def under(self, slot: Slot) -> Steps:
        """Return the steps of a child run, which take the place of this slot."""
        ...


class StepsStore(Protocol):
    """Keeps the steps of runs, so that they can be resumed: a `Journal`, or a store of your own."""

    def open_run(self, run_id: str) -> AbstractAsyncContextManager[Steps]:
        """Own a run, and return its durable steps. Raises RunInProgress if somebody else owns it."""
        ...

    def open_runs(self, run_id: str) -> AbstractAsyncContextManager[Sequence[JSONObject]]:
        """Keep the store open for the items of a fan-out, and return the charges that these have recorded.

        Args:
            run_id: The id of the fan-out: its items are the runs `<run_id>/0`, `<run_id>/1` and so on.
        """
        ...

    def reopen(self, run_id: str) -> None:
        """Let a run go on after its end: one that `failed`, and one whose budget did not cover a request.

        Raises UsageError if it ended otherwise.
        """
        ...


async def recorded_value(steps: Steps, slot: Slot) -> JSONObject | None:
    """Return the value that an earlier execution has recorded for a step. None: it has recorded none."""
    if not slot.is_recorded:
        return None

    async def effect() -> JSONObject:
        raise NotRecorded(slot.name)

    return await steps.run(slot, effect)


async def run_step(steps: Steps, name: str, kind: StepKind, effect: StepFunction) -> JSONObject:
    """Reserve a step that only reads, and run it."""
    return await steps.run(steps.reserve(Step(name, kind)), effect)


async def run_typed_step(
    steps: Steps, slot: Slot, effect: Callable[[], Awaitable[Value]], to_json: ToJson[Value], from_json: FromJson[Value]
) -> Value:
    """Run a step whose value is not JSON itself. If the steps are not durable, it is returned without conversion."""
    if not steps.is_durable:
        return await effect()

    async def as_json() -> JSONObject:
        return to_json(await effect())

    return from_json(await steps.run(slot, as_json))


@dataclass(frozen=True, slots=True)
class InMemorySteps(Steps):
    """Runs every effect at once and remembers nothing.

    Args:
        prefix: What the names of the slots begin with.
    """

    is_durable: ClassVar[bool] = False  # pyright: ignore[reportIncompatibleMethodOverride]
    """See `Steps.is_durable`. As a class variable it costs no call for each step, and so the next one."""
    is_replaying: ClassVar[bool] = False  # pyright: ignore[reportIncompatibleMethodOverride]
    """See `Steps.is_replaying`."""
    prefix: str = ""

    def reserve(self, step: Step) -> Slot:
        """See `Steps.reserve`."""
        return Slot(self.prefix + step.name, step)

    async def run(self, slot: Slot, effect: StepFunction) -> JSONObject:
        """See `Steps.run`."""
        return await effect()

    def under(self, slot: Slot) -> InMemorySteps:
        """See `Steps.under`."""
        return InMemorySteps(f"{slot.name}/")


IN_MEMORY = InMemorySteps()
"""The steps of a run that nothing records."""


class NotRecorded(Exception):
    """A run that is only rebuilt from its recorded steps has come to the end of them."""


@dataclass(frozen=True, slots=True)
class RecordedSteps(Steps):
    """Returns what was recorded and executes nothing: the steps of a run that has ended.

    Args:
        recorded: The steps of the run.
        was_cut_off: True if the run has no end of its own: then what was announced and not recorded is not part of it.
    """

    is_replaying: ClassVar[bool] = True  # pyright: ignore[reportIncompatibleMethodOverride]
    recorded: Steps
    was_cut_off: bool = False

    @property
    def worked_s(self) -> float:
        """See `Steps.worked_s`."""
        return self.recorded.worked_s

    def recorded_charges(self) -> Sequence[JSONObject] | None:
        """See `Steps.recorded_charges`: those of a sub-agent that has ended are counted with its run, and only once."""
        return self.recorded.recorded_charges()

    def reserve(self, step: Step) -> Slot:
        """See `Steps.reserve`. What a call has announced and not recorded is part of the end of the run."""
        slot = self.recorded.reserve(step)
        return slot if slot.intent is None or step.kind == "model" else replace(slot, intent=None)

    async def run(self, slot: Slot, effect: StepFunction) -> JSONObject:
        """Return the recorded value of a step. Raises NotRecorded if it has none."""
        if not slot.is_recorded:
            raise NotRecorded(slot.name)
        return await self.recorded.run(slot, effect)

    def under(self, slot: Slot) -> RecordedSteps:
        """See `Steps.under`."""
        return RecordedSteps(self.recorded.under(slot), self.was_cut_off)


def is_cut_off(steps: Steps) -> bool:
    """Return True for the steps of a run that is only rebuilt, although it has no end of its own."""
    return isinstance(steps, RecordedSteps) and steps.was_cut_off
