"""Requests that are refused: malformed, without rights, too large, too many; and servers that fail."""

from __future__ import annotations

from dataclasses import replace

from agentkit import Budget
from agentkit.history.sanitize import NO_RESULT
from agentkit.simulator import Reply
from benchmarks.faults.desk import Price, pricing, worker
from benchmarks.faults.scenario import (
    ANSWER,
    DONE,
    FOUND,
    GO,
    LOOK,
    Played,
    Scenario,
    fails,
    hears,
    no,
    says,
    survives,
)

INVALID = "Invalid request (400)"
REFUSED = "Key or rights refused (401, 403)"
UNKNOWN_MODEL = "Unknown model (404)"
RATE = "Too many requests (429)"
SERVER = "Server error or overload (500, 502, 503, 504, 529)"


def _names_request(played: Played) -> bool:
    return played.request_id is not None


_DANGLING = {"role": "assistant", "content": says(LOOK)["content"]}
_EARLIER = {"role": "user", "content": "Find tea."}
_misspelt = replace(worker, model="claude-opus-5-6")
_WITHOUT_RESULT = "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: c1."
_PRICE = Reply.output(Price(4.0))
_small = replace(worker, budget=Budget(max_seconds=20))
SCENARIOS = (
    fails(INVALID, "never sent again unchanged", "status:400", reason="400 invalid_request_error", also=_names_request),
    fails(INVALID, "a plan or a bill", "status:402", reason="402 billing_error", also=_names_request),
    fails(
        INVALID,
        "complains of calls without a result, but there are none",
        script=(Reply.failure(400, "invalid_request_error", _WITHOUT_RESULT),),
        reason="ids were found without",
    ),
    survives(
        INVALID,
        "a schema too complex: the answer comes by a tool instead",
        agent=pricing,
        script=(Reply.failure(400, "invalid_request_error", "The schema is too complex."), LOOK, _PRICE),
        output=Price(4.0),
        otherwise=_PRICE,
    ),
    Scenario(
        fault=INVALID,
        case="a call in the past has no result",
        past=(_EARLIER, _DANGLING),
        script=(DONE,),
        output=ANSWER,
        saw=(_EARLIER, _DANGLING, hears(no("c1", NO_RESULT)), GO),
        requests=1,
    ),
    fails(REFUSED, "401", "status:401", reason="401 authentication_error", ends_tree=True, also=_names_request),
    fails(REFUSED, "403", "status:403", reason="403 permission_error", ends_tree=True, also=_names_request),
    fails(
        REFUSED,
        "in the middle: what is finished is returned",
        None,
        "status:401",
        reason="401",
        script=(LOOK,),
        saw=(GO, says(LOOK), FOUND),
        requests=2,
        executed=("find tea",),
        ends_tree=True,
    ),
    fails(
        UNKNOWN_MODEL,
        "similar ids are named",
        reason="Similar: claude-opus-5-5",
        agent=_misspelt,
        is_refused=True,
        is_other_well=False,
    ),
    survives(
        UNKNOWN_MODEL,
        "a fallback is configured",
        agent=replace(_misspelt, fallback="claude-sonnet-5-5"),
        is_refused=True,
        other_requests=2,
    ),
    survives(RATE, "no time said", "status:429"),
    survives(RATE, "seconds", "status:429,retry_after=0.02"),
    survives(RATE, "milliseconds", "status:429,retry_after=20ms"),
    survives(RATE, "a date", "status:429,retry_after=date1"),
    survives(RATE, "nonsense", "status:429,retry_after=1e99", "status:429,retry_after=soon", requests=4),
    fails(RATE, "an hour, past the deadline of the run", "status:429,retry_after=3600", reason="429", agent=_small),
    fails(RATE, "an hour", "status:429,retry_after=3600", reason="429"),
    survives(SERVER, "each once", "status:500", "status:502", "status:503", "status:504", "status:529", requests=7),
    survives(SERVER, "after work was done", None, "status:529"),
    survives(SERVER, "no connection", "drop", None, "drop", requests=4),
    fails(SERVER, "without end", *["status:529"] * 6, reason="529 overloaded_error", requests=6),
    survives(
        SERVER,
        "without end, a fallback is configured",
        *["status:529"] * 6,
        agent=replace(worker, fallback="claude-sonnet-5-5"),
        requests=8,
    ),
    fails(SERVER, "the server says not to try again", "status:500,should_retry=false", reason="500 api_error"),
)
