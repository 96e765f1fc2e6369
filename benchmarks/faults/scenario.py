"""The record of one scenario, a fault and its specified result; with the functions by which scenarios are written."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self, TypeAlias

from agentkit import Agent, Event, Outcome
from agentkit.messages.message import Block, Content, JSONObject, text_block, tool_result
from agentkit.simulator import Reply
from benchmarks.faults.agents import Deps, Task, worker

WAYS = ("run", "stream", "sub-agent", "map")
"""The ways to run an agent; every scenario has to give the same result in each."""
BACKENDS = ("asyncio", "trio")

PROMPT = "What does tea cost?"
KEY = "the-key-of-this-client-0815"
"""The API key of the client."""
EARLIER = "Good morning."
"""The first prompt of a conversation that starts with another agent."""


Reading: TypeAlias = "Callable[[Event, Mapping[str, Any]], Awaitable[None]]"
"""Reads one event; it gets the options of the run, to run other agents with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioResult:
    """The result of a scenario."""

    outcome: str
    """The run's outcome; the name of the exception where an interrupt ended it."""
    output: object
    """The run's output. None: it has none."""
    reason: str
    saw: list[JSONObject] | None
    """The messages of the worker's last request; of a run that was cancelled, those that it leaves behind. None: it
    leaves none that are accessible."""
    requests: int
    """Number of the worker's requests."""
    requests_below: int
    """Number of its sub-agents' requests."""
    executed: list[str]
    max_tokens_sent: list[int]
    """The `max_tokens` of those requests."""
    unfinished: list[str] | None
    """The tools whose calls were not finished. None: there is no result to say so."""
    cost_usd: float | None = None
    """The cost of the run and those below it. None: it is not known, or there is no result."""
    last_request: JSONObject = field(default_factory=dict[str, Any])
    """The worker's last request."""
    request_id: str | None = None
    """The request id of the error that ended the run."""
    resets: int | None = None
    """Number of `TurnReset` events. None: the run was not streamed."""
    log: list[str] = field(default_factory=list[str])
    """The lines of the log, with their fields and tracebacks."""
    problems: list[str] = field(default_factory=list[str])
    """Other problems: requests that the API would refuse, calls that should not have been made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A fault that an agent meets, and the specified result."""

    fault: str
    """The row of docs/faults.md."""
    case: str = ""
    """The name of the case within its row."""
    agent: Agent[Deps, Task, Any] = worker
    past: tuple[JSONObject, ...] = ()
    """Earlier messages of the conversation. Children and items of a map have none."""
    before: Agent[Deps, Task, Any] | None = None
    """The agent with which the conversation started. An agent of its name continues the saved conversation, another
    one a list of messages."""
    script: tuple[Reply | Callable[[JSONObject], Reply], ...]
    """The model's replies to the worker."""
    faults: tuple[str | None, ...] = ()
    """The faults of the worker's requests, one after another."""
    reading: Reading | None = None
    """Reads each event of the worker's run. Only the ways in which events are read are taken then."""
    reads: Callable[[str, int], Reply] | None = None
    """The replies to the worker's sub-agents, by their task and the number of their requests so far."""

    outcome: str = Outcome.COMPLETED
    output: object = None
    reason: str = ""
    """A text that the reason has to contain."""
    saw: tuple[JSONObject, ...]
    """The messages of the worker's last request, in full."""
    or_saw: Sequence[tuple[JSONObject, ...]] = ()
    """Alternatives to `saw`, where chance decides which of several siblings comes first."""
    requests: int
    """Number of the worker's requests."""
    requests_below: int = 0
    """Number of its sub-agents' requests."""
    executed: tuple[str, ...] = ()
    """The calls that the tools have executed."""
    unfinished: tuple[str, ...] = ()
    """The tools whose calls were not finished."""
    is_refused: bool = False
    """True if the API refuses a request by its rules, which it must not otherwise."""
    also: Callable[[ScenarioResult], bool] = lambda _: True
    """A further condition for the result."""
    ends_tree: bool = False
    """True if no run of the tree may call the model any more."""
    otherwise: Reply = Reply.text("Well.")
    """The reply to all other agents, and to the worker afterwards."""
    other_requests: int = 1
    """Number of requests of the other item of a map."""
    is_other_well: bool = True
    """True if the other item of a map completes: not so where the agent itself is misconfigured."""

    @property
    def ways(self) -> tuple[str, ...]:
        """The ways in which the scenario can be run."""
        if self.reading is not None:
            return ("stream", "sub-agent")
        return WAYS[:2] if self.past or self.before else WAYS

    @property
    def name(self) -> str:
        """The row and the case."""
        return f"{self.fault}: {self.case}" if self.case else self.fault

    def with_changes(self, **changes: Any) -> Self:
        """Return a copy with some fields changed."""
        return replace(self, **changes)


def tool_call(call_id: str, name: str, /, **arguments: object) -> Reply:
    """Return a reply in which the model calls a tool."""
    return Reply.block({"type": "tool_use", "id": call_id, "name": name, "input": arguments})


def assistant_message(reply: Reply | str) -> JSONObject:
    """Return the model's turn as the message in which it is sent back."""
    parts = [text_block(reply)] if isinstance(reply, str) else [dict(part) for part in reply.parts]  # type: ignore[arg-type]
    return {"role": "assistant", "content": parts}


def user_message(*content: Block | str) -> JSONObject:
    """Return the next user message: tool results, and text behind them."""
    return {"role": "user", "content": [text_block(part) if isinstance(part, str) else part for part in content]}


def ok_result(call_id: str, content: Content) -> Block:
    """Return a tool result."""
    return tool_result(call_id, content)


def error_result(call_id: str, content: Content) -> Block:
    """Return a tool result that is an error."""
    return tool_result(call_id, content, is_error=True)


PROMPT_MESSAGE: JSONObject = {"role": "user", "content": PROMPT}
FIND_CALL = tool_call("c1", "find", word="tea")
FIND_RESULT = user_message(ok_result("c1", "tea: 4 EUR"))
FINAL_REPLY = Reply.text("Tea costs 4 EUR.")
FINAL_ANSWER = "Tea costs 4 EUR."


def completes_despite(fault: str, case: str, *faults: str | None, requests: int = 3, **more: Any) -> Scenario:
    """Return a scenario in which the worker looks something up and answers, in spite of the fault."""
    plain = Scenario(
        fault=fault,
        case=case,
        script=(FIND_CALL, FINAL_REPLY),
        faults=faults,
        output=FINAL_ANSWER,
        saw=(PROMPT_MESSAGE, assistant_message(FIND_CALL), FIND_RESULT),
        requests=requests,
        executed=("find tea",),
    )
    return replace(plain, **more)


def fails_for_good(fault: str, case: str, *faults: str | None, reason: str, requests: int = 1, **more: Any) -> Scenario:
    """Return a scenario in which the first model call already fails for good."""
    plain = Scenario(
        fault=fault,
        case=case,
        script=(),
        faults=faults,
        outcome=Outcome.FAILED,
        reason=reason,
        saw=(PROMPT_MESSAGE,),
        requests=requests,
    )
    return replace(plain, **more)
