"""Failed runs of a journal asked again: `again=True` of functions that make many runs, whose ids they know alone."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import KW_ONLY, dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from agentkit.loop.durable.run_end import EndStep
from agentkit.loop.opening import store_of
from agentkit.run.outcome import Outcome
from agentkit.run.steps import StepsStore
from agentkit.tools.worker_threads import run_in_thread

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike

    from agentkit.messages.message import JSONObject
    from agentkit.run.steps import Steps


@dataclass(frozen=True, slots=True)
class FailedRuns(StepsStore):
    """A journal whose runs that ended `failed` in earlier executions go on from the request that failed, each once."""

    store: StepsStore
    """The journal."""
    _: KW_ONLY
    at_once: bool = True
    """False: they are noted when they are opened, and go on after `reopen_noted`."""
    _opened: set[str] = field(default_factory=set[str], init=False)
    _noted: set[str] = field(default_factory=set[str], init=False)

    @asynccontextmanager
    async def open_run(self, run_id: str) -> AsyncGenerator[Steps]:
        """See `StepsStore.open_run`."""
        async with self.store.open_run(run_id) as steps:
            is_new, has_failed = run_id not in self._opened, False
            self._opened.add(run_id)
            if is_new and (end := EndStep.reserve(steps)) is not None:
                recorded = await end.recorded()
                has_failed = recorded is not None and recorded.outcome is Outcome.FAILED
            if has_failed and not self.at_once:
                self._noted.add(run_id)
            if not has_failed or not self.at_once:
                yield steps
                return
        await self._reopen(run_id)
        async with self.store.open_run(run_id) as steps:
            yield steps

    def open_runs(self, run_id: str) -> AbstractAsyncContextManager[Sequence[JSONObject]]:
        """See `StepsStore.open_runs`."""
        return self.store.open_runs(run_id)

    def reopen(self, run_id: str) -> None:
        """See `StepsStore.reopen`."""
        self.store.reopen(run_id)

    async def reopen_noted(self, prefix: str) -> bool:
        """Let the noted runs below an id go on. False: there are none."""
        noted = [run_id for run_id in self._noted if run_id.startswith(f"{prefix}/")]
        for run_id in noted:
            self._noted.discard(run_id)
            await self._reopen(run_id)
        return bool(noted)

    async def _reopen(self, run_id: str) -> None:
        await run_in_thread(partial(self.store.reopen, run_id), name="reopen a run")


def journal_of_runs(
    journal: str | PathLike[str] | StepsStore | None, *, again: bool
) -> str | PathLike[str] | StepsStore | None:
    """Return the journal for the runs of a function: with `again`, one whose failed runs go on."""
    return FailedRuns(store_of(journal)) if again and journal is not None else journal
