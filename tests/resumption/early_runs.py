"""Runs whose sub-agents begin while the reply is still streamed: kept, moved to another reply, and dropped."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import anyio

from agentkit import Agent, Event, Retry, RunFinished, Settings, ToolStarted, tool
from agentkit.errors import ModelError
from agentkit.messages.message import JSONObject
from agentkit.messages.request import Request
from tests.pacing import Moment, begins, block, ends, said, says
from tests.resumption.cuts import Cut
from tests.resumption.own_run import execution, look, note, pay

FOR_EVER, STILL_STREAMED = "for ever", "something whose reply never ends"
CUT = ModelError("The connection closed.", kind="stream_interrupted", is_retryable=True)


@tool(effect="read", eager=False)
async def wait(word: str) -> str:
    """Wait without end, once the reply is complete."""
    note(f"wait {word}")
    await anyio.sleep_forever()
    return "never"


def until(has_happened: Callable[[Event], bool]) -> Moment:
    """Return a moment that passes once an event of this execution says so."""

    async def wait_for_event() -> None:
        with anyio.fail_after(20):
            while not any(map(has_happened, execution.get().events)):
                await anyio.sleep(0.002)

    return wait_for_event


HAS_READ = until(lambda event: isinstance(event, RunFinished) and event.path[-1] == "reader")
WAITS = until(lambda event: isinstance(event, ToolStarted) and event.name == "wait")


@dataclass(frozen=True)
class Streamed:
    """A model whose replies come moment by moment."""

    reply: Callable[[JSONObject, int], Sequence[Moment]]
    """Returns the reply to a request that comes for the nth time in one execution."""
    name: str = "claude-opus-5-5"

    @asynccontextmanager
    async def stream(self, request: Request) -> AsyncGenerator[AsyncIterator[JSONObject]]:
        """See `Model.stream`."""
        now, asked = execution.get(), request.to_dict()
        if not now.note_request(asked):
            raise ModelError("It is recorded.", kind="api_error")
        async with aclosing(said(self.reply(asked, now.count(now.asked[-1].body)))) as events:
            yield events


def _below(request: JSONObject, _: int) -> Sequence[Moment]:
    """Return the reply to a sub-agent: it looks up what it is asked for, or waits for ever, by itself or by another."""
    word = json.loads(request["messages"][0]["content"])["objective"]
    if len(request["messages"]) > 1:
        waiting = [*begins(), *block(0, "wait", "toolu_1", word=word), *ends()]
        return waiting if word == FOR_EVER else says("4 EUR.")
    first = [*begins(), *block(0, "look", "toolu_0", word=word)]
    if word == FOR_EVER:
        return [*first, *ends()]
    if "You are the leaf." in str(request["system"]):
        return [*first, *ends()]
    if word == STILL_STREAMED:
        return [
            *first,
            *block(1, "leaf", "toolu_1", objective=FOR_EVER),
            *block(2, "look", "x")[:1],
            anyio.sleep_forever,
        ]
    return [*first, *block(1, "leaf", "toolu_1", objective=f"{word}!"), *ends()]


_MAX_TOKENS = 64_000
_SAME: Mapping[str, Any] = {
    "retry": Retry(first_wait_s=0.001, longest_wait_s=0.002),
    "settings": Settings(cache=None, max_tokens=_MAX_TOKENS),
}
_leaf = Agent("leaf", model=Streamed(_below), instructions="You are the leaf.", tools=[look, wait], **_SAME)
_reader = Agent(
    "reader", model=Streamed(_below), instructions="You read.", tools=[look, wait, _leaf.as_tool()], **_SAME
)


def _calls(*calls: tuple[str, str, JSONObject]) -> list[Moment]:
    """Return the blocks of calls, each with its tool, its id and its input."""
    blocks = [block(index, name, call_id, **given) for index, (name, call_id, given) in enumerate(calls)]
    return [moment for one in blocks for moment in one]


@dataclass(frozen=True)
class EarlyRun:
    """An agent whose sub-agents begin early, and what becomes of them."""

    replies: Sequence[Sequence[Moment]]
    """The replies to its first request, each time that it comes; with a larger `max_tokens` it gets the last one."""
    dropped: str = ""
    """The beginning of the names of the steps of a sub-agent that is dropped. Empty: none is."""
    needs_end: bool = False
    """True if only its end has what its last request cost."""

    @property
    def agent(self) -> Agent[Any, Any, Any]:
        """The agent."""
        tools: list[Any] = [_reader.as_tool(), look, pay]
        return Agent("lead", model=Streamed(self._reply), instructions="You lead.", tools=tools, **_SAME)

    def _reply(self, request: JSONObject, count: int) -> Sequence[Moment]:
        if len(request["messages"]) > 1:
            return says("Tea is 4 EUR.")
        return self.replies[-1 if request["max_tokens"] > _MAX_TOKENS else min(count, len(self.replies)) - 1]

    def is_known(self, cut: Cut) -> bool:
        """Return True if a cut has all that the dropped sub-agent has done, or nothing of it."""
        if "model:1" not in cut.recorded or not self.dropped:
            return True
        last = "end" if self.needs_end else "model:2"
        return f"{self.dropped}{last}" in cut.recorded


def _broken_off(*calls: tuple[str, str, JSONObject], after: Moment) -> list[Moment]:
    """Return a reply that breaks off in the middle of a call after these, once something has happened."""
    return [*begins(), *_calls(*calls), *block(len(calls), "look", "toolu_cut", word="cut")[:1], after, CUT]


def _reads(word: str, call_id: str) -> tuple[str, str, JSONObject]:
    return "reader", call_id, {"objective": word}


_TEA, _MILK, _PAY = _reads("tea", "toolu_b0"), _reads("milk", "toolu_b1"), ("pay", "toolu_pay", {"amount": 1})
_LOOK = ("look", "call_1", {"word": "coffee"})
WHOLE = [*begins(), *_calls(_TEA, _MILK, _PAY), *ends()]
_OTHERS = [*begins(), *_calls(_reads("milk", "call_0"), ("look", "call_1", {"word": "tea"}), _PAY), *ends()]
_WAITING = _reads(FOR_EVER, "toolu_a0")

EARLY_RUNS: Mapping[str, EarlyRun] = {
    "two siblings": EarlyRun([WHOLE]),
    "two siblings go on as calls of another reply": EarlyRun(
        [_broken_off(_reads("tea", "toolu_a0"), _reads("milk", "toolu_a1"), after=HAS_READ), WHOLE]
    ),
    "one is dropped, and its sibling goes on": EarlyRun(
        [_broken_off(_WAITING, _reads("milk", "toolu_a1"), after=WAITS), WHOLE], "tool:toolu_a0/"
    ),
    "one is dropped, and another call has its id": EarlyRun(
        [_broken_off(_reads(FOR_EVER, "call_0"), _LOOK, after=WAITS), _OTHERS], "tool:call_0/"
    ),
    "one is dropped with a turn that was cut off": EarlyRun(
        [[*begins(), *_calls(_WAITING, _LOOK), WAITS, *ends("max_tokens")], WHOLE], "tool:toolu_a0/"
    ),
    "one is dropped while its own had started early": EarlyRun(
        [_broken_off(_reads(STILL_STREAMED, "toolu_a0"), after=WAITS), WHOLE], "tool:toolu_a0/", needs_end=True
    ),
}
