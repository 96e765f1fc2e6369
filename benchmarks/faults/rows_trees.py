"""Faults of several agents at once: a budget that they share, and one that fails beside others."""

from __future__ import annotations

from dataclasses import replace

from agentkit import Agent, Budget, CallTool, Content, Outcome, RunContext, ToolError, ToolRun, tool
from agentkit.loop.texts_for_model import FINAL_TURN_NOTE, OVER_BUDGET_NOTE
from agentkit.messages.message import JSONObject
from agentkit.simulator import Reply
from benchmarks.faults.agents import Deps, Task, find, order, reader, text_of_task, worker
from benchmarks.faults.rows_requests import REFUSED
from benchmarks.faults.scenario import (
    FINAL_ANSWER,
    FINAL_REPLY,
    PROMPT_MESSAGE,
    Scenario,
    assistant_message,
    error_result,
    fails_for_good,
    ok_result,
    tool_call,
    user_message,
)

BUDGET = "Budget gone in the middle of parallel calls"
GATE = "Gate of the root agent over what is below it"
SIBLINGS = "One of many sub-agents fails"

_lead = replace(worker, tools=[find, reader.as_tool()])


def _read(count: int) -> Reply:
    calls = [tool_call(f"c{n}", "reader", text=f"Read {n}.") for n in range(count)]
    return sum(calls[1:], calls[0])


def _answer(task: str, _: int) -> Reply:
    return Reply.text(f"{task} Done.")


def _fail_at_37(task: str, count: int) -> Reply:
    return Reply.failure(400, "invalid_request_error", "No.") if task == "Read 37." else _answer(task, count)


def _refuse_the_third(task: str, count: int) -> Reply:
    return Reply.failure(401, "authentication_error", "Expired.") if count == 3 else _answer(task, count)


def _only(first: int) -> tuple[JSONObject, ...]:
    """Of ten readers the budget covers one; then the worker has its final turn."""
    results = [
        ok_result(f"c{n}", f"Read {n}. Done.") if n == first else error_result(f"c{n}", _NOT_COVERED) for n in range(10)
    ]
    return (
        PROMPT_MESSAGE,
        assistant_message(_read(10)),
        user_message(*results),
        user_message(f"{OVER_BUDGET_NOTE} {FINAL_TURN_NOTE}"),
    )


_ONE_OF_TWO = tool_call("c1", "reader", text="Read 37.") + tool_call("c2", "reader", text="Read 38.")
_AGAIN = tool_call("c3", "reader", text="Read 37, slowly.")
_NOT_COVERED = (
    "The sub-agent `reader` gave no answer; its outcome is budget_exhausted. The budget of the agent 'worker' does not "
    "cover another call."
)
_FAILED = (
    "The sub-agent `reader` gave no answer; its outcome is failed. The API answered 400 invalid_request_error: No."
)

_CLOSED = "The shop is closed."


async def _close_shop(call: ToolRun, next: CallTool) -> Content:
    if call.call.name == "order" and call.path[-2:] == ("worker", "reader"):
        raise ToolError(_CLOSED)
    return await next(call)


def _try_to_order(_: str, count: int) -> Reply:
    return tool_call(f"r{count}", "order", item="tea") if count == 1 else Reply.text("Read. Done.")


@tool(effect="write")
async def run_buyer(ctx: RunContext[Deps]) -> str:
    """Run the buyer from a tool."""
    return (await _buyer.run(Task("Read."), deps=ctx.deps)).output


_buyer: Agent[Deps, Task, str] = Agent(
    "reader", model=reader.model, instructions="You read.", input=Task, render=text_of_task, deps=Deps, tools=[order]
)
_BUY = tool_call("c1", "reader", text="Read.")
_RUN_BUYER = tool_call("c1", "run_buyer")


def _gated(case: str, call: Reply) -> Scenario:
    """A sub-agent tries to order; the root's middleware refuses that."""
    return Scenario(
        fault=GATE,
        case=case,
        agent=replace(worker, tools=[find, _buyer.as_tool(), run_buyer], around_tool=[_close_shop]),
        script=(call, FINAL_REPLY),
        reads=_try_to_order,
        output=FINAL_ANSWER,
        saw=(PROMPT_MESSAGE, assistant_message(call), user_message(ok_result("c1", "Read. Done."))),
        requests=2,
        requests_below=2,
    )


SCENARIOS = (
    _gated("a sub-agent", _BUY),
    _gated("a run that a tool starts", _RUN_BUYER),
    Scenario(
        fault=BUDGET,
        case="ten delegations, three requests",
        agent=replace(_lead, budget=Budget(max_requests=3)),
        script=(_read(10), FINAL_REPLY),
        reads=_answer,
        outcome=Outcome.BUDGET_EXHAUSTED,
        output=FINAL_ANSWER,
        saw=_only(0),
        or_saw=[_only(n) for n in range(1, 10)],
        requests=2,
        requests_below=1,
        unfinished=("reader",) * 9,
    ),
    fails_for_good(
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
        script=(_read(100), FINAL_REPLY),
        reads=_fail_at_37,
        output=FINAL_ANSWER,
        saw=(
            PROMPT_MESSAGE,
            assistant_message(_read(100)),
            user_message(
                *[
                    ok_result(f"c{n}", f"Read {n}. Done.") if n != 37 else error_result("c37", _FAILED)
                    for n in range(100)
                ]
            ),
        ),
        requests=2,
        requests_below=100,
        unfinished=("reader",),
    ),
    Scenario(
        fault=SIBLINGS,
        case="that one is asked again, no other",
        agent=_lead,
        script=(_ONE_OF_TWO, _AGAIN, FINAL_REPLY),
        reads=_fail_at_37,
        output=FINAL_ANSWER,
        saw=(
            PROMPT_MESSAGE,
            assistant_message(_ONE_OF_TWO),
            user_message(error_result("c1", _FAILED), ok_result("c2", "Read 38. Done.")),
            assistant_message(_AGAIN),
            user_message(ok_result("c3", "Read 37, slowly. Done.")),
        ),
        requests=3,
        requests_below=3,
        unfinished=("reader",),
    ),
)
