"""A run of our own: tools, agents that use them, and a model that replies by what it is asked alone.

So any execution of it can go on from anywhere, with a server that knows nothing of the ones before.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio

from agentkit import Agent, Budget, Retry, RunContext, RunResult, Settings, tool
from agentkit.messages.message import JSONObject
from agentkit.simulator import Reply, Script, Simulator
from agentkit.simulator.http.transport import in_process_client
from agentkit.simulator.http.wire import Response
from agentkit.simulator.server import FAULT_HEADER
from tests.resumption.cuts import Cut, Judgement, refuse_recorded
from tests.resumption.watched import RECORDED, Execution, WatchedJournal

execution: ContextVar[Execution] = ContextVar("execution")
Responder = Callable[[JSONObject], Reply]


def note(what: str) -> None:
    """Note what the code of a tool does in the execution of now."""
    if (now := execution.get(None)) is not None:
        now.note_effect(what)


@tool(effect="read")
async def look(word: str) -> str:
    """Look a word up."""
    note(f"look {word}")
    return f"{word} is 4 EUR"


@tool(effect="write")
async def pay(amount: int) -> str:
    """Pay."""
    note(f"pay {amount}")
    return f"paid {amount}"


@tool(effect="idempotent")
async def mark(ctx: RunContext, word: str) -> str:
    """Mark a word, by the key."""
    note(f"mark {word}")
    return f"marked {word}, {ctx.idempotency_key}"


async def find_booking(ctx: RunContext, room: int) -> str:
    """Find out that the room was booked: what was announced has happened."""
    if (now := execution.get(None)) is not None:
        now.reconciled.add(ctx.idempotency_key)
    return f"booked {room}"


@tool(effect="write", reconcile=find_booking)
async def book(room: int) -> str:
    """Book a room."""
    note(f"book {room}")
    return f"booked {room}"


@tool(effect="read")
async def read_log(day: int) -> str:
    """Read the log of a day."""
    note(f"read {day}")
    return "".join(f"{n}: fine\n" for n in range(20_000)) + f"out of tea on day {day}\n"


@tool(effect="read")
async def wait(word: str) -> str:
    """Wait without end."""
    note(f"wait {word}")
    await anyio.sleep_forever()
    return "never"


SAME: Mapping[str, Any] = {  # the cache of a server goes on, too
    "retry": Retry(first_wait_s=0.001, longest_wait_s=0.002),
    "settings": Settings(cache=None),
}
"""Options of every agent."""
PLAIN: Mapping[str, Any] = {"model": "claude-opus-5-5", "instructions": "You lead.", **SAME}
"""Options of the agent at the root."""
helper = Agent("helper", model="claude-haiku-5-5", instructions="You help.", **SAME)
leaf = Agent("leaf", model="claude-haiku-5-5", instructions="You are the leaf.", tools=[look, pay], **SAME)
reader = Agent(
    "reader", model="claude-haiku-5-5", instructions="You read.", tools=[look, pay, leaf.as_tool(), wait], **SAME
)


def turn_of(request: JSONObject) -> int:
    """Return the number of the turn that is asked for."""
    return 1 + len([message for message in request["messages"] if message["role"] == "assistant"])


def who(request: JSONObject) -> str:
    """Return the name of the agent that asks."""
    system = str(request.get("system"))
    names = {"You help.": "helper", "You are the leaf.": "leaf", "You read.": "reader", "You lead.": "lead"}
    return next((name for said, name in names.items() if said in system), "summary")


def is_last(request: JSONObject) -> bool:
    """Return True if no call may be made any more."""
    return request.get("tool_choice") == {"type": "none"}


def _below(request: JSONObject) -> Reply | None:
    """Return the reply to anybody but the lead."""
    name, turn = who(request), turn_of(request)
    if name == "lead":
        return None
    if name == "reader" and turn == 1 and not is_last(request):
        milk = Reply.tool(
            "leaf", objective=f"milk, {'tea' in str(request['messages'][0])}"
        )  # none asks as another does
        return Reply.tool("look", word="tea") + milk + Reply.tool("pay", amount=2)
    if name == "leaf" and turn == 1 and not is_last(request):
        return Reply.tool("look", word="milk") + Reply.tool("pay", amount=3)
    return Reply.text(f"The {name} says: 4 EUR.")


def lead(*turns: Reply) -> Responder:
    """Return the model of a lead that says this turn by turn, and then its answer."""

    def on(request: JSONObject) -> Reply:
        turn = turn_of(request)
        is_over = turn > len(turns) or is_last(request)
        return _below(request) or (Reply.text("Tea is 4 EUR.") if is_over else turns[turn - 1])

    return on


def unless(is_it: Callable[[JSONObject], bool], reply: Reply, on: Responder) -> Responder:
    """Reply so, instead of what `on` says, to what is asked so."""
    return lambda request: reply if is_it(request) else on(request)


class _Server:
    """The server of one execution."""

    def __init__(self, own: OwnRun, execution: Execution) -> None:
        self.simulator = Simulator(Script(own.on))
        self._fault = own.fault
        self._execution = execution

    async def handle(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Response:
        """See `agentkit.simulator.http.wire.Server`."""
        if path.partition("?")[0] == "/v1/messages":
            now = self._execution
            is_allowed = now.note_request(json.loads(body))
            said = now.asked[-1].body
            fault = self._fault(said, now.held.get(said, 0) + now.count(said)) if is_allowed else RECORDED
            headers = {**headers, FAULT_HEADER: fault} if fault else headers
        return await self.simulator.handle(method, path, headers, body)


@dataclass(frozen=True)
class OwnRun:
    """An agent, and its model."""

    agent: Agent[Any, Any, Any]
    on: Responder
    budget: Budget | None = None
    fault: Callable[[str, int], str | None] = lambda _body, _count: None
    """Returns the fault of a request that comes for so many times. None: it has none."""
    is_same: bool = True
    """False if a clock, or the order of siblings, has a part in what comes of it."""

    async def execute(self, path: Path, after: tuple[Execution, Cut] | None = None) -> Execution:
        """Execute the run, or go on with it from a cut: the server refuses every request that the cut holds."""
        now = Execution()
        if after is not None:
            first, cut = after
            cut.write_to(path)
            refuse_recorded(now, first, cut)
        server = _Server(self, now)
        options: Any = {"client": in_process_client(server)}
        if self.budget is not None:
            options["budget"] = self.budget
        journal: Any = WatchedJournal(path, now)
        token = execution.set(now)
        try:
            async with self.agent.stream("Go", journal=journal, run_id="r", **options) as run:
                now.events += [event async for event in run]
            now.result = run.result
        finally:
            execution.reset(token)
        assert server.simulator.failures == []
        return now

    def problems_after(self, first: Execution, cut: Cut, again: Execution) -> list[str]:
        """Return what is wrong with an execution that went on from a cut."""
        found = Judgement(first, cut, again).of_everything(is_same=self.is_same)
        if again.result is None:
            return [*found, f"{cut}: it has no result"]
        return [*found, *(f"{cut}: {problem}" for problem in self._overspent(again.result))]

    def _overspent(self, result: RunResult[Any]) -> list[str]:
        """Return the limits of the budget that a result is over."""
        if self.budget is None:
            return []
        usage = result.usage
        spent = {
            "max_cost_usd": result.cost.total.usd or 0,
            "max_input_tokens": usage.prompt_tokens,
            "max_output_tokens": usage.output_tokens,
            "max_requests": usage.requests + usage.aborted_requests,
        }
        limits = {name: getattr(self.budget, name) for name in spent}
        return [
            f"{spent[name]} is over {name}={limit}"
            for name, limit in limits.items()
            if limit is not None and spent[name] > limit + 1e-9
        ]
