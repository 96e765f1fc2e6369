"""The tools of random scenes, and the diary that they write; what they hold must reach no model."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count

import anyio
import anyio.lowlevel

from agentkit import RunContext, ToolError, tool
from agentkit.messages.message import AssistantTurn

SECRET = "hunter2-and-nobody-else"
PLACE = "/srv/private/orders.py"
KEY = "sk-ant-api03-" + "k3Y" * 12
PASSWORD = "s3same-open"


@dataclass(frozen=True, slots=True)
class Execution:
    """One start of a tool, as the tool saw it."""

    run_id: str
    call_id: str
    name: str
    is_whole: bool
    """Whether its arguments are those that the model meant."""


@dataclass
class Diary:
    """What happened in a scene."""

    executions: list[Execution] = field(default_factory=list[Execution])
    turns: list[AssistantTurn] = field(default_factory=list[AssistantTurn])
    """Every whole turn that came, in the order in which they did."""
    asked: list[tuple[str, str, bytes]] = field(default_factory=list[tuple[str, str, bytes]])
    """Whose run asked which model, and the whole conversation as it would be sent."""
    running: list[str] = field(default_factory=list[str])
    """What the code of tools runs now."""
    numbers: Iterator[int] = field(default_factory=count)
    ticks: int = 0
    """Moments so far at which something could be cancelled."""
    strike_at: int | None = None
    strike: Callable[[], object] = lambda: None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def tick(self) -> None:
        """Something happens, in any thread; at the chosen moment the cancel strikes."""
        with self.lock:
            self.ticks += 1
            strikes = self.ticks == self.strike_at
        if strikes:
            self.strike()


async def work(ctx: RunContext[Diary], how: str, key: str, check: int) -> str:
    """Do something that goes as `how` says."""
    ctx.deps.executions.append(Execution(ctx.run_id, ctx.call_id, "work", len(key) == check))
    ctx.deps.tick()
    await anyio.lowlevel.checkpoint()
    match how:
        case "raise":
            raise RuntimeError(f"password={SECRET} in {PLACE}")
        case "group":
            raise ExceptionGroup(SECRET, [ValueError(SECRET), OSError(PLACE)])
        case "say no":
            raise ToolError("No.", hint="Ask for something else.")
        case "leak":
            return f"key: {KEY}, database: postgres://clerk:{PASSWORD}@db/shop"
        case "leak in an error":
            raise ToolError(f"No such key: {KEY}")
        case "hang":
            await anyio.sleep_forever()
        case "huge":
            return "x" * 40_000
        case _:
            pass
    return f"done {key}"


def record(ctx: RunContext[Diary], key: str, check: int) -> str:
    """Write something down, in a thread; from there nothing is cancelled."""
    ctx.deps.executions.append(Execution(ctx.run_id, ctx.call_id, "record", len(key) == check))
    return f"done {key}"


WORK = tool(effect="read", timeout_s=0.03)(work)
RECORD = tool(effect="write")(record)
