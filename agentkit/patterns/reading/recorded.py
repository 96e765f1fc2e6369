"""A reading in a journal: one process at a time does it, and an id of its own stands for one call alone."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from agentkit.errors import RunConflict
from agentkit.loop.opening import store_of
from agentkit.run.outcome import Outcome
from agentkit.run.steps import run_step

if TYPE_CHECKING:
    from agentkit.messages.message import JSONObject
    from agentkit.patterns.reading.result import ReadOptions

_AGENT = "read_many"


def run_id_of(options: ReadOptions, content_id: str) -> str:
    """Return the beginning of the ids of all runs of a reading."""
    return options.get("run_id") or f"read-{content_id}"


@asynccontextmanager
async def recorded_reading(options: ReadOptions, content_id: str) -> AsyncGenerator[None]:
    """Hold a reading in its journal, if there is one, as the run `<run_id>/plan`: it records what is read.

    Args:
        options: The options of the reading.
        content_id: Differs where the question, the reader, the documents or their packing do.

    Raises:
        RunInProgress: Another process, or task, is at the same reading.
        RunConflict: The journal has another reading under this id. With `kept=`, evidence is known by its content.
    """
    journal, run_id = options.get("journal"), run_id_of(options, content_id)
    if journal is None:
        yield
        return

    async def identity() -> JSONObject:
        return {"agent": _AGENT, "given": content_id, "before": "", "budget": None, "content": "The plan of a reading."}

    async def end() -> JSONObject:
        return {"outcome": str(Outcome.COMPLETED), "reason": "", "unrecorded": []}

    async with store_of(journal).open_run(f"{run_id}/plan") as steps:
        recorded = await run_step(steps, "input", "input", identity)
        await run_step(steps, "end", "end", end)
        if recorded["given"] != content_id and options.get("kept") is None:
            raise RunConflict(
                f"read_many(run_id={run_id!r}): the journal has another reading under this id: the question, the "
                "reader, the documents or what the budget leaves of them have changed. A journal goes on with the very "
                'same call; to read what is new and keep what was read, give kept="evidence.db", or another run_id.'
            )
        yield
