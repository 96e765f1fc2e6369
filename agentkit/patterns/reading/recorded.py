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
    from collections.abc import Awaitable, Callable
    from os import PathLike

    from agentkit.messages.message import JSONObject
    from agentkit.patterns.reading.result import ReadOptions
    from agentkit.run.steps import StepsStore


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
    run_id = run_id_of(options, content_id)
    async with held_run(options.get("journal"), run_id, "read_many", content_id, "The plan of a reading.") as recorded:
        if recorded != content_id and options.get("kept") is None:
            raise RunConflict(
                f"read_many(run_id={run_id!r}): the journal has another reading under this id: the question, the "
                "reader, the documents or what the budget leaves of them have changed. A journal goes on with the very "
                'same call; to read what is new and keep what was read, give kept="evidence.db", or another run_id.'
            )
        yield


@asynccontextmanager
async def held_run(
    journal: str | PathLike[str] | StepsStore | None, run_id: str, agent: str, content_id: str, content: str
) -> AsyncGenerator[str]:
    """Hold many runs of a journal by the run `<run_id>/plan`, and yield the id of the content that it records.

    Args:
        journal: The journal. None: nothing is held.
        run_id: The beginning of the ids of all runs.
        agent: The name that the run is listed under.
        content_id: The id of the content, which is recorded unless one is there already.
        content: The content, described for people.

    Raises:
        RunInProgress: Another process, or task, holds it.
    """
    if journal is None:
        yield content_id
        return

    async def identity() -> str:
        return content_id

    async with recorded_text(store_of(journal), f"{run_id}/plan", agent, identity, content) as recorded:
        yield recorded


@asynccontextmanager
async def recorded_text(
    store: StepsStore, run_id: str, agent: str, make: Callable[[], Awaitable[str]], content: str
) -> AsyncGenerator[str]:
    """Hold a run of a journal that has ended with a text, and yield it; where there is none, make and record it.

    Args:
        store: The journal.
        run_id: The id of the run.
        agent: The name that the run is listed under.
        make: Makes the text. An error of it is raised, and nothing is recorded.
        content: The text, described for people.
    """

    async def given() -> JSONObject:
        return {"agent": agent, "given": await make(), "before": "", "budget": None, "content": content}

    async def end() -> JSONObject:
        return {"outcome": str(Outcome.COMPLETED), "reason": "", "unrecorded": []}

    async with store.open_run(run_id) as steps:
        recorded = await run_step(steps, "input", "input", given)
        await run_step(steps, "end", "end", end)
        yield str(recorded["given"])
