"""Budgets that hold whatever a reply looks like, whatever middleware does, and whoever starts a run."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from agentkit import Budget, Outcome, RunContext, tool
from agentkit.loop.texts_for_model import FINAL_TURN_NOTE, OVER_BUDGET_NOTE
from agentkit.messages.message import AssistantTurn, JSONObject
from agentkit.run.middleware import CallModel, ModelCall
from agentkit.simulator import Reply
from benchmarks.faults.agents import Deps, Task, find, reader, worker
from benchmarks.faults.scenario import (
    FINAL_ANSWER,
    FINAL_REPLY,
    FIND_CALL,
    PROMPT_MESSAGE,
    Scenario,
    assistant_message,
    completes_despite,
    fails_for_good,
    ok_result,
    tool_call,
    user_message,
)

GARBLED = "Garbled reply or usage record, under a budget"
STARTED_BY_TOOL = "Run that a tool starts, under a budget"

# Room for two turns, a reply that is dropped, and what is set aside for a final turn: a reservation that is left behind
# by one of them would be missed by the next.
_limited = replace(worker, budget=Budget(max_requests=4, max_cost_usd=1.0))
_USAGES: dict[str, JSONObject] = {
    "no numbers": {"input_tokens": "12", "output_tokens": None, "cache_creation": [1], "server_tool_use": "x"},
    "below zero, or without end": {"input_tokens": -5, "output_tokens": 10**40, "cache_read_input_tokens": 1.5},
    "other requests of no shape": {"iterations": [None, 7, {"type": None, "model": 5, "input_tokens": "x"}]},
}
_NO_CALL = Reply.block({"type": "tool_use", "id": 7, "name": "find", "input": {"word": "tea"}})
_NO_STOP = FINAL_REPLY.replace(stop_reason=5)


async def _call_twice(call: ModelCall, next: CallModel) -> AssistantTurn:
    await next(call)
    return await next(call)


async def _trim(call: ModelCall, next: CallModel) -> AssistantTurn:
    request = call.request
    return await next(replace(call, request=replace(request, messages=(*request.messages[:1], *request.messages[1:]))))


def _garbled(name: str) -> Scenario:
    usage = _USAGES[name]
    script = (FIND_CALL.replace(usage=usage), FINAL_REPLY.replace(usage=usage))
    return completes_despite(GARBLED, f"a usage record: {name}", agent=_limited, script=script, requests=2)


@tool(effect="read")
async def delegate(ctx: RunContext[Deps], how: str, count: int) -> str:
    """Have others read, in runs of the tool's own."""
    ctx.deps.record(f"delegate {count}")
    tasks = [Task(f"Read {n}.") for n in range(count)]
    if how == "map":
        await reader.map(tasks, concurrency=1)
    else:
        for task in tasks:
            await reader.run(task)
    return "read"


@tool(effect="read")
def delegate_in_thread(ctx: RunContext[Deps], count: int) -> str:
    """Have others read, in runs of the tool's own, from a thread."""
    ctx.deps.record(f"delegate {count}")
    for n in range(count):
        reader.run_sync(Task(f"Read {n}."))
    return "read"


def _answer(task: str, _: int) -> Reply:
    return Reply.text(f"{task} Done.")


def _delegated(case: str, call: Reply, count: int, *, requests: int, below: int, **more: Any) -> Scenario:
    """A tool starts five runs of its own: those that the budget covers count, and no other is made."""
    plain = Scenario(
        fault=STARTED_BY_TOOL,
        case=case,
        agent=replace(worker, tools=[find, delegate, delegate_in_thread], budget=Budget(max_requests=requests)),
        script=(call, FINAL_REPLY),
        reads=_answer,
        output=FINAL_ANSWER,
        saw=(PROMPT_MESSAGE, assistant_message(call), user_message(ok_result("c1", "read"))),
        requests=2,
        requests_below=below,
        executed=(f"delegate {count}",),
    )
    return replace(plain, **more)


def _over_budget(case: str, call: Reply) -> Scenario:
    scenario = _delegated(case, call, 5, requests=4, below=2, outcome=Outcome.BUDGET_EXHAUSTED)
    final = user_message(f"{OVER_BUDGET_NOTE} {FINAL_TURN_NOTE}")
    return scenario.with_changes(saw=(*scenario.saw, final))


_RUN = tool_call("c1", "delegate", how="run", count=5)
_MAP = tool_call("c1", "delegate", how="map", count=5)
_SYNC = tool_call("c1", "delegate_in_thread", count=5)

SCENARIOS = (
    *(_garbled(name) for name in _USAGES),
    completes_despite(
        GARBLED, "a call of no shape: the reply is dropped", agent=_limited, script=(_NO_CALL, FIND_CALL, FINAL_REPLY)
    ),
    fails_for_good(
        GARBLED,
        "a stop reason of no shape, without end",
        agent=replace(worker, budget=Budget(max_requests=7)),
        script=(_NO_STOP,) * 6,
        requests=6,
        reason="broke the grammar of a streamed reply",
    ),
    completes_despite(
        GARBLED,
        "middleware that calls the model twice",
        agent=replace(_limited, around_model=[_call_twice], budget=Budget(max_requests=5)),
        script=(FIND_CALL, FIND_CALL, FINAL_REPLY, FINAL_REPLY),
        requests=4,
        other_requests=2,
    ),
    completes_despite(
        GARBLED,
        "middleware that puts the request together anew",
        agent=replace(_limited, around_model=[_trim]),
        requests=2,
    ),
    _delegated("counted", _RUN, 5, requests=8, below=5),
    _over_budget("one after another", _RUN),
    _over_budget("a map", _MAP),
    _over_budget("`run_sync` in a thread", _SYNC),
)
