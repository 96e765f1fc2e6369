"""The seam: every effect of a run is a step. In memory a step is only its effect; a journal makes it durable.

Two rules for this file: a slot is reserved synchronously and in the model's order, so that a replay finds the same
slots; and everything that crosses the seam is JSON.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import ClassVar, Protocol, TypeAlias, TypeVar

from agentkit.messages.message import JSONObject

Value = TypeVar("Value")
ToJson: TypeAlias = Callable[[Value], JSONObject]
FromJson: TypeAlias = Callable[[JSONObject], Value]
StepFunction: TypeAlias = Callable[[], Awaitable[JSONObject]]
"""Executes a step that has no stored value yet, and returns its value."""


@dataclass(frozen=True, slots=True)
class Slot:
    """The place of one step in its run, fixed before anything is awaited."""

    name: str
    """Unique in its run: `model:3`, `tool:toolu_01`; below a child run, `tool:toolu_01/model:1`."""


class Steps(Protocol):
    """Executes the steps of a run. Implement it to make runs durable or distributed."""

    @property
    def is_durable(self) -> bool:
        """True if values may outlive the run: they are converted to JSON, and every execution has the same slots.

        Steps that do not have this attribute are durable.
        """
        return True

    def reserve(self, name: str) -> Slot:
        """Return the slot of the next step. Called in the same order in every execution of the run."""
        ...

    async def run(self, slot: Slot, effect: StepFunction) -> JSONObject:
        """Return the step's value: of the effect, or of an earlier execution. An exception of the effect propagates."""
        ...

    def under(self, slot: Slot) -> Steps:
        """Return the steps of a child run, which take the place of this slot."""
        ...


def are_durable(steps: Steps) -> bool:
    """Return True unless the steps say that they are not durable."""
    is_durable: bool = getattr(steps, "is_durable", True)
    return is_durable


async def run_typed_step(
    steps: Steps, slot: Slot, effect: Callable[[], Awaitable[Value]], to_json: ToJson[Value], from_json: FromJson[Value]
) -> Value:
    """Run a step whose value is not JSON itself. If the steps are not durable, it is returned without conversion."""
    if not getattr(steps, "is_durable", True):  # as in `are_durable`, without a call for each step
        return await effect()

    async def as_json() -> JSONObject:
        return to_json(await effect())

    return from_json(await steps.run(slot, as_json))


@dataclass(frozen=True, slots=True)
class InMemorySteps:
    """Runs every effect at once and remembers nothing.

    Args:
        prefix: What the names of the slots begin with.
    """

    is_durable: ClassVar[bool] = False
    """See `Steps.is_durable`."""
    prefix: str = ""

    def reserve(self, name: str) -> Slot:
        """See `Steps.reserve`."""
        return Slot(self.prefix + name)

    async def run(self, slot: Slot, effect: StepFunction) -> JSONObject:
        """See `Steps.run`."""
        return await effect()

    def under(self, slot: Slot) -> InMemorySteps:
        """See `Steps.under`."""
        return InMemorySteps(f"{slot.name}/")
