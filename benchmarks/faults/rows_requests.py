"""Requests that are refused: malformed, without rights, too large, too many; and servers that fail."""

from __future__ import annotations

from dataclasses import replace

from agentkit import Budget
from agentkit.history.sanitize import NO_RESULT_OF_READ
from agentkit.messages.message import AssistantTurn
from agentkit.models.endpoint_errors import EndpointError
from agentkit.run.middleware import CallModel, ModelCall
from agentkit.simulator import Reply
from benchmarks.faults.agents import Price, pricing, worker
from benchmarks.faults.scenario import (
    FINAL_ANSWER,
    FINAL_REPLY,
    FIND_CALL,
    FIND_RESULT,
    PROMPT_MESSAGE,
    Scenario,
    ScenarioResult,
    assistant_message,
    completes_despite,
    error_result,
    fails_for_good,
    user_message,
)

INVALID = "Invalid request (400)"
REFUSED = "Key or rights refused (401, 403)"
UNKNOWN_MODEL = "Unknown model (404)"
RATE = "Too many requests (429)"
ENDPOINT = "Address, certificate or header that cannot work"
SERVER = "Server error or overload (500, 502, 503, 504, 529)"
OTHER_PROCESS = "Failed run in a process of a pool"


async def _lose_certificate(call: ModelCall, next: CallModel) -> AssistantTurn:
    if call.turn > 1:
        raise EndpointError("The API cannot be reached, and trying again does not help: certificate has expired.")
    return await next(call)


def _names_request(played: ScenarioResult) -> bool:
    return played.request_id is not None


def _was_not_reset(played: ScenarioResult) -> bool:
    return not played.resets


_DANGLING = {"role": "assistant", "content": assistant_message(FIND_CALL)["content"]}
_EARLIER = {"role": "user", "content": "Find tea."}
_misspelt = replace(worker, model="claude-opus-5-6")
_WITHOUT_RESULT = "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: c1."
_PRICE = Reply.output(Price(4.0))
_small = replace(worker, budget=Budget(max_seconds=20))
SCENARIOS = (
    fails_for_good(
        INVALID, "never sent again unchanged", "status:400", reason="400 invalid_request_error", also=_names_request
    ),
    fails_for_good(
        OTHER_PROCESS, "its error keeps all it knows", "status:400", reason="invalid_request_error", also=_names_request
    ),
    fails_for_good(INVALID, "a plan or a bill", "status:402", reason="402 billing_error", also=_names_request),
    fails_for_good(
        INVALID,
        "complains of calls without a result, but there are none",
        script=(Reply.failure(400, "invalid_request_error", _WITHOUT_RESULT),),
        reason="ids were found without",
    ),
    completes_despite(
        INVALID,
        "a schema too complex: the answer comes by a tool instead",
        agent=pricing,
        script=(Reply.failure(400, "invalid_request_error", "The schema is too complex."), FIND_CALL, _PRICE),
        output=Price(4.0),
        otherwise=_PRICE,
    ),
    Scenario(
        fault=INVALID,
        case="a call in the past has no result",
        past=(_EARLIER, _DANGLING),
        script=(FINAL_REPLY,),
        output=FINAL_ANSWER,
        saw=(_EARLIER, _DANGLING, user_message(error_result("c1", NO_RESULT_OF_READ)), PROMPT_MESSAGE),
        requests=1,
    ),
    fails_for_good(
        REFUSED, "401", "status:401", reason="401 authentication_error", ends_tree=True, also=_names_request
    ),
    fails_for_good(REFUSED, "403", "status:403", reason="403 permission_error", ends_tree=True, also=_names_request),
    fails_for_good(
        REFUSED,
        "in the middle: what is finished is returned",
        None,
        "status:401",
        reason="401",
        script=(FIND_CALL,),
        saw=(PROMPT_MESSAGE, assistant_message(FIND_CALL), FIND_RESULT),
        requests=2,
        executed=("find tea",),
        ends_tree=True,
    ),
    fails_for_good(
        UNKNOWN_MODEL,
        "similar ids are named",
        reason="Similar: claude-opus-5-5",
        agent=_misspelt,
        is_refused=True,
        is_other_well=False,
    ),
    completes_despite(
        UNKNOWN_MODEL,
        "a fallback is configured",
        agent=replace(_misspelt, fallback="claude-sonnet-5-5"),
        is_refused=True,
        other_requests=2,
    ),
    fails_for_good(
        ENDPOINT,
        "in the middle: what is finished is returned",
        agent=replace(worker, around_model=[_lose_certificate]),
        reason="certificate has expired",
        script=(FIND_CALL,),
        executed=("find tea",),
        also=_was_not_reset,
    ),
    completes_despite(RATE, "no time said", "status:429"),
    completes_despite(RATE, "seconds", "status:429,retry_after=0.02"),
    completes_despite(RATE, "milliseconds", "status:429,retry_after=20ms"),
    completes_despite(RATE, "a date", "status:429,retry_after=date1"),
    completes_despite(RATE, "nonsense", "status:429,retry_after=1e99", "status:429,retry_after=soon", requests=4),
    fails_for_good(
        RATE, "an hour, past the deadline of the run", "status:429,retry_after=3600", reason="429", agent=_small
    ),
    fails_for_good(RATE, "an hour", "status:429,retry_after=3600", reason="429"),
    completes_despite(
        SERVER, "each once", "status:500", "status:502", "status:503", "status:504", "status:529", requests=7
    ),
    completes_despite(SERVER, "after work was done", None, "status:529"),
    completes_despite(SERVER, "no connection", "drop", None, "drop", requests=4),
    fails_for_good(SERVER, "without end", *["status:529"] * 6, reason="529 overloaded_error", requests=6),
    completes_despite(
        SERVER,
        "without end, a fallback is configured",
        *["status:529"] * 6,
        agent=replace(worker, fallback="claude-sonnet-5-5"),
        requests=8,
    ),
    fails_for_good(SERVER, "the server says not to try again", "status:500,should_retry=false", reason="500 api_error"),
)
