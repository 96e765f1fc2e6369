"""A reading in a journal under an id of its own: the id stands for one call, and another one is refused at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentkit.errors import RunConflict
from agentkit.loop.opening import store_of
from agentkit.run.outcome import Outcome
from agentkit.run.steps import run_step

if TYPE_CHECKING:
    from os import PathLike

    from agentkit.messages.message import JSONObject
    from agentkit.run.steps import StepsStore

_AGENT = "read_many"


async def check_same_reading(journal: str | PathLike[str] | StepsStore, run_id: str, content_id: str) -> None:
    """Record the identity of a reading as the run `<run_id>/plan`, which has ended with that.

    Args:
        journal: The journal of the reading.
        run_id: The id that the caller has given it.
        content_id: Differs where the question, the reader, the documents or their packing do.

    Raises:
        RunConflict: The journal has another reading under this id.
    """

    async def identity() -> JSONObject:
        return {"agent": _AGENT, "given": content_id, "before": "", "budget": None, "content": "The plan of a reading."}

    async def end() -> JSONObject:
        return {"outcome": str(Outcome.COMPLETED), "reason": "", "unrecorded": []}

    async with store_of(journal).open_run(f"{run_id}/plan") as steps:
        recorded = await run_step(steps, "input", "input", identity)
        await run_step(steps, "end", "end", end)
    if recorded["given"] != content_id:
        raise RunConflict(
            f"read_many(run_id={run_id!r}): the journal has another reading under this id: the question, the reader, "
            "the documents or what the budget leaves of them have changed. A journal goes on with the very same call; "
            'to read what is new and keep what was read, give kept="evidence.db", or another run_id.'
        )
