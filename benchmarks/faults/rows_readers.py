"""Readers of a stream that take their time or ask another agent: what is shared is not held meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import anyio

from agentkit import Event, Retry, TextDelta, ToolStarted, TurnReset
from agentkit.simulator import Reply
from benchmarks.faults.agents import Task, reader, worker
from benchmarks.faults.scenario import ScenarioResult, completes_despite

READERS = "Reader that pauses or asks another agent"

_hurried = replace(worker, retry=Retry(first_wait_s=0.001, total_timeout_s=0.2, idle_timeout_s=0.2))


async def _ask_another(event: Event, options: Mapping[str, Any]) -> None:
    if isinstance(event, ToolStarted | TurnReset):
        assert (await reader.run(Task("Read."), client=options["client"])).ok


async def _ask_many(event: Event, options: Mapping[str, Any]) -> None:
    if isinstance(event, TextDelta):
        found = await reader.map([Task("Read.")] * 5, client=options["client"])
        assert all(one.result is not None and one.result.ok for one in found)


async def _pause(event: Event, _: Mapping[str, Any]) -> None:
    await anyio.sleep(0.3 if isinstance(event, TextDelta | ToolStarted) else 0)


def _done(*_: object) -> Reply:
    return Reply.text("Done.")


def _was_not_reset(played: ScenarioResult) -> bool:
    return not played.resets


SCENARIOS = (
    completes_despite(READERS, "asks", reading=_ask_another, reads=_done, requests_below=1,
                      requests=2),
    completes_despite(
        READERS, "asks after the server was overloaded: one request at a time", "status:429", "status:429",
        reading=_ask_another, reads=_done, requests=4, requests_below=3,
    ),
    completes_despite(
        READERS, "asks many, in the middle of a reply", "drip:64,0.001", "drip:64,0.001", reading=_ask_many,
        reads=_done, requests=2, requests_below=5,
    ),
    completes_despite(
        READERS, "pauses longer than a reply may take", agent=_hurried, reading=_pause, requests=2, also=_was_not_reset
    ),
)  # fmt: skip
