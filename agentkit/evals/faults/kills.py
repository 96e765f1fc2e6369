"""Deaths of the process: a journal that stops at one step, as a kill does, while the world stays as it is."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

from anyio.lowlevel import checkpoint

from agentkit.messages.message import JSONObject
from agentkit.run.steps import Slot, Step, StepFunction, Steps, StepsStore


@dataclass(slots=True)
class _Life:
    """The life of a process, in steps."""

    steps_left: int
    end: Callable[[], None]
    """Ends the process: it cancels all that runs in it."""
    is_over: bool = False

    def pass_step(self) -> bool:
        """Count a step. True: it is the fatal one."""
        self.steps_left -= 1
        if self.steps_left == 0:
            self.is_over = True
            self.end()
        return self.is_over


@dataclass(frozen=True, slots=True)
class DyingJournal(StepsStore):
    """A journal whose process dies at one step; nothing is recorded from there on. Resume the run with the inner one.

    The effect of the fatal step has happened, or has not, and nobody knows which: as with a kill.
    """

    store: StepsStore
    """The journal inside."""
    life: _Life
    dies_before: bool

    @classmethod
    def at_step(cls, step: int, store: StepsStore, end: Callable[[], None], *, dies_before: bool) -> DyingJournal:
        """Return a journal whose process dies at a step.

        Args:
            step: The number of the step, from 1.
            store: The journal inside.
            end: Ends the process: the cancellation of a scope around the run.
            dies_before: True: the fatal step does not happen. False: it happens, and is not recorded.
        """
        return cls(store, _Life(step, end), dies_before)

    @asynccontextmanager
    async def open_run(self, run_id: str) -> AsyncGenerator[Steps]:
        """See `StepsStore.open_run`."""
        async with self.store.open_run(run_id) as steps:
            yield _DyingSteps(steps, self.life, self.dies_before)

    def open_runs(self, run_id: str) -> AbstractAsyncContextManager[Sequence[JSONObject]]:
        """See `StepsStore.open_runs`."""
        return self.store.open_runs(run_id)

    def reopen(self, run_id: str) -> None:
        """See `StepsStore.reopen`."""
        self.store.reopen(run_id)


@dataclass(frozen=True, slots=True)
class _DyingSteps(Steps):
    """Steps that pass on to others until the end."""

    inner: Steps
    life: _Life
    dies_before: bool

    @property
    def is_replaying(self) -> bool:
        return self.inner.is_replaying

    @property
    def worked_s(self) -> float:
        return self.inner.worked_s

    def now(self) -> float:
        return self.inner.now()

    def recorded_charges(self) -> Sequence[JSONObject] | None:
        return self.inner.recorded_charges()

    def reserve(self, step: Step) -> Slot:
        return self.inner.reserve(step)

    async def announce(self, slot: Slot, intent: JSONObject) -> None:
        if not self.life.is_over:
            await self.inner.announce(slot, intent)

    async def run(self, slot: Slot, effect: StepFunction) -> JSONObject:
        async def mortal() -> JSONObject:
            is_fatal = self.life.pass_step()
            if is_fatal and self.dies_before:
                await checkpoint()
            value = await effect()
            if self.life.is_over:
                await checkpoint()  # ends here, but where a cleanup is shielded
                raise _NotRecorded(value)
            return value

        if self.life.is_over:
            await checkpoint()
            return await effect()
        try:
            return await self.inner.run(slot, mortal)
        except _NotRecorded as end:
            return end.value

    def under(self, slot: Slot) -> Steps:
        return _DyingSteps(self.inner.under(slot), self.life, self.dies_before)


class _NotRecorded(Exception):
    """Carries a value past the journal inside."""

    def __init__(self, value: JSONObject) -> None:
        super().__init__()
        self.value = value
