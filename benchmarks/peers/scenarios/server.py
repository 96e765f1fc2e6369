"""Faults of the server and of the way to it."""

from __future__ import annotations

from agentkit.simulator import Reply, faults
from benchmarks.peers.observation import Observation, Verdict
from benchmarks.peers.scenarios.scenario import Scenario, calls_once, ends_with_answer

_LOOK = Reply.tool("price", item="tea")
_TEXT_AND_CALL = Reply.text("Let me see. ") + Reply.tool("remove", items=["tea", "cup", "pot"], note="for Ann")
_BEHIND_CALL_EVENTS = 10
"""Number of events of that turn's stream before the first one that no longer belongs to a content block."""


def _once_executed(seen: Observation) -> Verdict:
    """Judge as right a run that ends with the answer and has executed the broken turn's call only once."""
    count = len(seen.runs_of("remove"))
    if count > 1:
        return Verdict(False, f"executed {count} times; {seen.ending_in_words}")
    if seen.has_answer:
        return Verdict(count == 1, "retried" if count else "answers, its call never ran")
    return Verdict(False, seen.ending_in_words + ("; executed although the turn broke" if count else ""))


def _no_retry(seen: Observation) -> Verdict:
    count = len(seen.requests)
    is_failure = seen.is_over and not seen.is_plain_success
    return Verdict(is_failure and count == 1, f"{seen.ending_in_words}, {count} request{'s' * (count > 1)}")


def _no_hour(seen: Observation) -> Verdict:
    count = len(seen.requests)
    if not seen.is_over:
        return Verdict(False, "sleeps")
    return Verdict(
        not seen.is_plain_success and count == 1, f"{seen.ending_in_words}, {count} request{'s' * (count > 1)}"
    )


SCENARIOS = (
    Scenario(
        "overloaded",
        "529 before the first byte",
        "retried",
        calls_once(_LOOK),
        ends_with_answer,
        faults=(faults.status(529),),
    ),
    Scenario(
        "overloaded_long",
        "529 four times in a row",
        "retried until it answers",
        calls_once(_LOOK),
        ends_with_answer,
        faults=(faults.status(529),) * 4,
        bound_s=40,
    ),
    Scenario(
        "error_event",
        "an error event in the stream, behind a whole tool call",
        "the turn is dropped and retried; its call runs once",
        calls_once(_TEXT_AND_CALL),
        _once_executed,
        faults=(faults.error_event(after=_BEHIND_CALL_EVENTS),),
        is_streamed=True,
    ),
    Scenario(
        "cut",
        "the connection breaks in the stream",
        "the turn is dropped and retried; its call runs once",
        calls_once(_TEXT_AND_CALL),
        _once_executed,
        faults=(faults.cut(at=900),),
        is_streamed=True,
    ),
    Scenario(
        "stall",
        "the stream stands still",
        "noticed within 100 s; retried",
        calls_once(_TEXT_AND_CALL),
        _once_executed,
        faults=(faults.stall(after=900),),
        is_streamed=True,
        bound_s=100,
    ),
    Scenario(
        "key",
        "401",
        "one request, then a failure",
        calls_once(_LOOK),
        _no_retry,
        faults=(faults.status(401),) * 10,
    ),
    Scenario(
        "hour",
        "429 with retry-after: 3600",
        "a failure at once rather than an hour of sleep, and no request before its time",
        calls_once(_LOOK),
        _no_hour,
        faults=(faults.status(429, retry_after="3600"),) * 10,
    ),
)
