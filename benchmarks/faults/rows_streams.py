"""Replies that break off, fall silent or drip: nothing of them is kept, and they are requested again."""

from __future__ import annotations

from dataclasses import replace

from agentkit import Retry
from benchmarks.faults.agents import worker
from benchmarks.faults.scenario import FINAL_REPLY, FIND_CALL, ScenarioResult, completes_despite

ERROR_EVENT = "Error event inside a reply"
LOST = "Connection lost inside a reply"
OPEN = "Complete reply on an open connection"
SILENCE = "Silence, or a reply that drips"


def _was_reset(played: ScenarioResult) -> bool:
    return played.resets in (None, 1)


def _was_not_reset(played: ScenarioResult) -> bool:
    return not played.resets


_impatient = replace(worker, retry=Retry(first_wait_s=0.001, idle_timeout_s=0.2))
_hurried = replace(worker, retry=Retry(first_wait_s=0.001, total_timeout_s=0.3))

SCENARIOS = (
    *(completes_despite(ERROR_EVENT, f"behind event {n}", f"error_event:{n}", also=_was_reset) for n in (0, 1, 3, 6)),
    completes_despite(ERROR_EVENT, "the API's own error", "error_event:4,api_error"),
    completes_despite(ERROR_EVENT, "inside the answer", None, "error_event:4", also=_was_reset),
    *(completes_despite(LOST, f"behind {n} bytes", f"cut:{n}", also=_was_reset) for n in (0, 1, 200, 700)),
    completes_despite(LOST, "inside the answer, twice", None, "cut:500", "cut:600", requests=4),
    completes_despite(OPEN, "nothing more comes", "linger", agent=_impatient, requests=2, also=_was_not_reset),
    completes_despite(OPEN, "behind the answer", None, "linger", agent=_hurried, requests=2, also=_was_not_reset),
    completes_despite(OPEN, "an end marker of another API", *["end_marker"] * 2, requests=2, also=_was_not_reset),
    completes_despite(SILENCE, "before the reply", "stall:0", agent=_impatient, also=_was_reset),
    completes_despite(SILENCE, "inside the reply", "stall:600", agent=_impatient, also=_was_reset),
    completes_despite(SILENCE, "a short one is tolerated", "stall:600,0.05", agent=_impatient, requests=2),
    completes_despite(
        SILENCE,
        "a reply that drips without end",
        "drip:8,0.02",
        agent=_hurried,
        script=(FIND_CALL, FIND_CALL, FINAL_REPLY),
        also=_was_reset,
    ),
    completes_despite(SILENCE, "a slow one is tolerated", "drip:64,0.001", agent=_impatient, requests=2),
)
