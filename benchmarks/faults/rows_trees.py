"""Faults of several agents at once: a budget that they share, and one that fails beside others."""

from __future__ import annotations

from dataclasses import replace

from agentkit import Budget, Outcome
from agentkit.loop.actions import LAST_TURN, OVER_BUDGET
from agentkit.messages.message import JSONObject
from agentkit.simulator import Reply
from benchmarks.faults.desk import find, reader, worker
from benchmarks.faults.rows_requests import REFUSED
from benchmarks.faults.scenario import (
    ANSWER,
    DONE,
    GO,
    Scenario,
    call,
    fails,
    hears,
    no,
    ok,
    says,
)

BUDGET = "Budget gone in the middle of parallel calls"
SIBLINGS = "One of many sub-agents fails"

_lead = replace(worker, tools=[find, reader.as_tool()])


def _read(count: int) -> Reply:
    calls = [call(f"c{n}", "reader", text=f"Read {n}.") for n in range(count)]
    return sum(calls[1:], calls[0])


def _answer(task: str, _: int) -> Reply:
    return Reply.text(f"{task} Done.")


def _fail_at_37(task: str, count: int) -> Reply:
    return Reply.failure(400, "invalid_request_error", "No.") if task == "Read 37." else _answer(task, count)


def _refuse_the_third(task: str, count: int) -> Reply:
    return Reply.failure(401, "authentication_error", "Expired.") if count == 3 else _answer(task, count)


def _only(first: int) -> tuple[JSONObject, ...]:
    """Of ten readers the budget covers one; then the worker has its final turn."""
    results = [ok(f"c{n}", f"Read {n}. Done.") if n == first else no(f"c{n}", _NOT_COVERED) for n in range(10)]
    return (GO, says(_read(10)), hears(*results), hears(f"{OVER_BUDGET} {LAST_TURN}"))


_ONE_OF_TWO = call("c1", "reader", text="Read 37.") + call("c2", "reader", text="Read 38.")
_AGAIN = call("c3", "reader", text="Read 37, slowly.")
_NOT_COVERED = (
    "The sub-agent `reader` gave no answer; its outcome is budget_exhausted. The budget of the agent 'worker', "
    "Budget(max_requests=3), does not cover another call."
)
_FAILED = (
    "The sub-agent `reader` gave no answer; its outcome is failed. The API answered 400 invalid_request_error: No."
)

SCENARIOS = (
    Scenario(
        fault=BUDGET,
        case="ten delegations, three requests",
        agent=replace(_lead, budget=Budget(max_requests=3)),
        script=(_read(10), DONE),
        reads=_answer,
        outcome=Outcome.BUDGET_EXHAUSTED,
        output=ANSWER,
        saw=_only(0),
        or_saw=[_only(n) for n in range(1, 10)],
        requests=2,
        requests_below=1,
        unfinished=("reader",) * 9,
    ),
    fails(
        REFUSED,
        "in the third of ten sub-agents, one after another",
        agent=replace(_lead, max_concurrent_calls=1),
        script=(_read(10),),
        reads=_refuse_the_third,
        requests_below=3,
        reason="the API refused the credentials elsewhere in this tree of runs",
        unfinished=("reader",) * 8,
        ends_tree=True,
    ),
    Scenario(
        fault=SIBLINGS,
        case="1 of 100",
        agent=_lead,
        script=(_read(100), DONE),
        reads=_fail_at_37,
        output=ANSWER,
        saw=(
            GO,
            says(_read(100)),
            hears(*[ok(f"c{n}", f"Read {n}. Done.") if n != 37 else no("c37", _FAILED) for n in range(100)]),
        ),
        requests=2,
        requests_below=100,
        unfinished=("reader",),
    ),
    Scenario(
        fault=SIBLINGS,
        case="that one is asked again, no other",
        agent=_lead,
        script=(_ONE_OF_TWO, _AGAIN, DONE),
        reads=_fail_at_37,
        output=ANSWER,
        saw=(
            GO,
            says(_ONE_OF_TWO),
            hears(no("c1", _FAILED), ok("c2", "Read 38. Done.")),
            says(_AGAIN),
            hears(ok("c3", "Read 37, slowly. Done.")),
        ),
        requests=3,
        requests_below=3,
        unfinished=("reader",),
    ),
)
