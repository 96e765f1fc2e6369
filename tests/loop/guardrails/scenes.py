"""A guarded agent in virtual time: an agent whose model, tools and checks take a known time each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import anyio
import trio
from trio.testing import MockClock

from agentkit import Agent, Check, Event, RunResult, Seen, Verdict, tool
from agentkit.errors import ModelError
from tests.pacing import Moment, Paced, begins, block, ends

T = TypeVar("T")


def in_virtual_time(scene: Callable[[], Awaitable[T]]) -> T:
    """Run a scene on trio: its clock jumps to the next deadline whenever everything waits."""
    return trio.run(scene, clock=MockClock(autojump_threshold=0))


def after(seconds: float, verdict: Verdict | Exception) -> Check:
    """A check that gives its verdict after some time."""

    async def check(seen: Seen) -> Verdict:
        await anyio.sleep(seconds)
        if isinstance(verdict, Exception):
            raise verdict
        return verdict

    return check


def pause(seconds: float) -> Moment:
    async def wait() -> None:
        await anyio.sleep(seconds)

    return wait


def text(pieces: Sequence[str], every_s: float) -> list[Moment]:
    """A reply whose text comes piece by piece."""
    moments: list[Moment] = [
        *begins(),
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    ]
    for piece in pieces:
        delta = {"type": "text_delta", "text": piece}
        moments += [pause(every_s), {"type": "content_block_delta", "index": 0, "delta": delta}]
    return [*moments, {"type": "content_block_stop", "index": 0}, *ends("end_turn")]


def calls(names: Sequence[str], every_s: float) -> list[Moment]:
    """A reply that calls tools, one after another."""
    moments = begins()
    for number, name in enumerate(names):
        given = {"objective": "Find out."} if name == "ask" else {}
        moments += [pause(every_s), *block(number, name, **given)]
    return [*moments, *ends()]


@dataclass
class World:
    """What the tools have done, and when."""

    tool_s: float = 0.0
    did: list[tuple[str, float]] = field(default_factory=list[tuple[str, float]])

    async def do(self, name: str) -> str:
        self.did.append((name, trio.current_time()))
        await anyio.sleep(self.tool_s)
        return f"{name} done"

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.did]

    def tools(self) -> list[object]:
        world = self

        @tool(effect="read")
        async def look() -> str:
            """Look something up."""
            return await world.do("look")

        @tool(effect="write")
        async def ring() -> str:
            """Ring a phone."""
            return await world.do("ring")

        child = Agent("child", model=Paced([text(["It ", "is."], 0.2)] * 9))
        return [look, ring, child.as_tool(name="ask")]


@dataclass
class Watched:
    """The events of a run, each with its time, and its result."""

    result: RunResult[str]
    events: list[tuple[float, Event]]
    ended: float
    model: Paced

    @property
    def names(self) -> list[str]:
        return [type(event).__name__ for _, event in self.events]


async def watch(agent: Agent[None, str, str], prompt: str = "Call mum.") -> Watched:
    """Run an agent with a paced model, and note when each event comes."""
    start = trio.current_time()
    async with agent.stream(prompt) as run:
        events = [(round(trio.current_time() - start, 6), event) async for event in run]
    assert isinstance(agent.model, Paced)
    return Watched(run.result, events, round(trio.current_time() - start, 6), agent.model)


FAULT = ModelError("overloaded", kind="overloaded_error", is_retryable=True)
