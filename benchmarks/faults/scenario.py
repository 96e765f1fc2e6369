"""One scenario: what goes wrong, and what must come out; with the few words in which scenarios are written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

from agentkit import Agent, Outcome
from agentkit.messages.message import Block, Content, JSONObject, text_block, tool_result
from agentkit.simulator import Reply
from benchmarks.faults.desk import Desk, Task, worker

WAYS = ("run", "stream", "sub-agent", "map")
"""How an agent can be put to work; every scenario has to come out the same in each."""
BACKENDS = ("asyncio", "trio")

PROMPT = "What does tea cost?"
KEY = "the-key-of-this-client-0815"
"""The API key of the client."""
EARLIER = "Good morning."
"""What is said in a conversation that begins with another agent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What came of a scenario."""

    outcome: str
    """Of the run; the name of the exception where an interrupt ended it."""
    output: object
    """None where there is none."""
    reason: str
    saw: list[JSONObject] | None
    """The messages of the worker's last request; of a run that was cancelled, those that it leaves behind. None: it
    leaves none that anybody could see."""
    requests: int
    """Requests of the worker."""
    requests_below: int
    """Requests of its sub-agents."""
    executed: list[str]
    rooms: list[int]
    """The `max_tokens` of those requests."""
    unfinished: list[str] | None
    """The tools whose calls were not finished. None: there is no result to say so."""
    request_id: str | None = None
    """Of the error that ended the run."""
    resets: int | None = None
    """How often a reader of the stream was told to forget what had come. None: nobody read."""
    log: list[str] = field(default_factory=list[str])
    """The lines of the log, with their fields and tracebacks."""
    problems: list[str] = field(default_factory=list[str])
    """What went wrong around it: requests that the API would refuse, calls that should not have been made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """What an agent meets, and what must come out."""

    fault: str
    """The row of docs/faults.md."""
    case: str = ""
    """Which of the row's cases."""
    agent: Agent[Desk, Task, Any] = worker
    past: tuple[JSONObject, ...] = ()
    """Messages that were said before. Children and items of a map begin without a past."""
    before: Agent[Desk, Task, Any] | None = None
    """The agent with which the conversation began. Its own kind goes on with what was saved, others with messages."""
    script: tuple[Reply | Callable[[JSONObject], Reply], ...]
    """What the model says to the worker."""
    faults: tuple[str | None, ...] = ()
    """What happens to the worker's requests, one after another."""
    reads: Callable[[str, int], Reply] | None = None
    """What the worker's sub-agents answer, by their task and how many have asked so far."""

    outcome: str = Outcome.COMPLETED
    output: object = None
    reason: str = ""
    """What the reason has to contain."""
    saw: tuple[JSONObject, ...]
    """The messages of the worker's last request, in full."""
    or_saw: Sequence[tuple[JSONObject, ...]] = ()
    """What they may be instead, where chance decides which of several siblings comes first."""
    requests: int
    """How many the worker made."""
    requests_below: int = 0
    """How many its sub-agents made."""
    executed: tuple[str, ...] = ()
    """What the tools did."""
    unfinished: tuple[str, ...] = ()
    """The tools whose calls were not finished."""
    is_refused: bool = False
    """Whether the API refuses a request by its rules, which it must not otherwise."""
    also: Callable[[Played], bool] = lambda _: True
    """What else must hold."""
    ends_tree: bool = False
    """Whether nobody else may call the model any more."""
    otherwise: Reply = Reply.text("Well.")
    """What the model says to everybody else, and to the worker afterwards."""
    other_requests: int = 1
    """How many requests the other item of a map takes."""
    is_other_well: bool = True
    """Whether the other item comes to its end: not so where the agent itself is wrong."""

    @property
    def ways(self) -> tuple[str, ...]:
        """In which ways it can happen."""
        return WAYS[:2] if self.past or self.before else WAYS

    @property
    def name(self) -> str:
        """The row and the case."""
        return f"{self.fault}: {self.case}" if self.case else self.fault

    def but(self, **changes: Any) -> Self:
        """The same with some differences."""
        return replace(self, **changes)


def call(call_id: str, name: str, /, **arguments: object) -> Reply:
    """The model calls a tool."""
    return Reply.block({"type": "tool_use", "id": call_id, "name": name, "input": arguments})


def says(reply: Reply | str) -> JSONObject:
    """The model's turn as it goes back."""
    parts = [text_block(reply)] if isinstance(reply, str) else [dict(part) for part in reply.parts]  # type: ignore[arg-type]
    return {"role": "assistant", "content": parts}


def hears(*content: Block | str) -> JSONObject:
    """What the model is told next: results, and text behind them."""
    return {"role": "user", "content": [text_block(part) if isinstance(part, str) else part for part in content]}


def ok(call_id: str, content: Content) -> Block:
    """A tool result."""
    return tool_result(call_id, content)


def no(call_id: str, content: Content) -> Block:
    """A tool result that is an error."""
    return tool_result(call_id, content, is_error=True)


GO: JSONObject = {"role": "user", "content": PROMPT}
LOOK = call("c1", "find", word="tea")
FOUND = hears(ok("c1", "tea: 4 EUR"))
DONE = Reply.text("Tea costs 4 EUR.")
ANSWER = "Tea costs 4 EUR."


def survives(fault: str, case: str, *faults: str | None, requests: int = 3, **more: Any) -> Scenario:
    """A scenario in which the worker looks something up and answers, as if nothing had been."""
    plain = Scenario(
        fault=fault,
        case=case,
        script=(LOOK, DONE),
        faults=faults,
        output=ANSWER,
        saw=(GO, says(LOOK), FOUND),
        requests=requests,
        executed=("find tea",),
    )
    return replace(plain, **more)


def fails(fault: str, case: str, *faults: str | None, reason: str, requests: int = 1, **more: Any) -> Scenario:
    """A scenario in which the first call already fails for good."""
    plain = Scenario(
        fault=fault,
        case=case,
        script=(),
        faults=faults,
        outcome=Outcome.FAILED,
        reason=reason,
        saw=(GO,),
        requests=requests,
    )
    return replace(plain, **more)
