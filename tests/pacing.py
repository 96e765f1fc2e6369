"""A model whose replies come moment by moment, and tools that say when they begin."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeAlias

import anyio
import anyio.lowlevel

from agentkit import RunContext, tool
from agentkit.errors import ModelError
from agentkit.messages.message import JSONObject
from agentkit.messages.request import Request

Moment: TypeAlias = "JSONObject | ModelError | Callable[[], Awaitable[object]]"
"""An event, a failure, or something to wait for before the next one."""


@dataclass
class Paced:
    """A model that says its replies moment by moment."""

    replies: list[Sequence[Moment]]
    name: str = "claude-opus-5-5"
    requests: list[Request] = field(default_factory=list[Request])

    @asynccontextmanager
    async def stream(self, request: Request) -> AsyncGenerator[AsyncIterator[JSONObject]]:
        self.requests.append(request)
        async with aclosing(said(self.replies.pop(0))) as events:
            yield events


async def said(moments: Sequence[Moment]) -> AsyncGenerator[JSONObject]:
    for moment in moments:
        await anyio.lowlevel.checkpoint()
        if isinstance(moment, ModelError):
            raise moment
        if isinstance(moment, dict):
            yield moment
        else:
            await moment()


def begins(tokens: int = 10) -> list[Moment]:
    usage = {"input_tokens": tokens, "output_tokens": 1}
    return [{"type": "message_start", "message": {"id": "msg_1", "model": "claude-opus-5-5", "usage": usage}}]


def block(index: int, name: str, call_id: str = "", /, **given: object) -> list[Moment]:
    text = json.dumps(given)
    opening = {"type": "tool_use", "id": call_id or f"toolu_{index}", "name": name, "input": {}}
    pieces = [text[: len(text) // 2], text[len(text) // 2 :]]
    deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
    return [
        {"type": "content_block_start", "index": index, "content_block": opening},
        *({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": index},
    ]


def ends(stop_reason: str = "tool_use") -> list[Moment]:
    usage = {"output_tokens": 20}
    return [{"type": "message_delta", "delta": {"stop_reason": stop_reason}, "usage": usage}, {"type": "message_stop"}]


def says(text: str) -> list[Moment]:
    return [
        *begins(),
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": text}},
        {"type": "content_block_stop", "index": 0},
        *ends("end_turn"),
    ]


DONE = says("Done.")


@dataclass
class Desk:
    """Three tools, and what was done with them."""

    began: list[str] = field(default_factory=list[str])
    stopped: list[str] = field(default_factory=list[str])
    gates: dict[str, anyio.Event] = field(default_factory=dict[str, anyio.Event])
    hangs: set[str] = field(default_factory=set[str])

    def gate(self, name: str) -> anyio.Event:
        """Open once a call of this name has begun."""
        return self.gates.setdefault(name, anyio.Event())

    async def has_begun(self, name: str) -> None:
        with anyio.fail_after(5):
            await self.gate(name).wait()

    async def has_not_begun(self, name: str) -> None:
        await anyio.wait_all_tasks_blocked()
        assert name not in self.began

    async def do(self, name: str) -> str:
        self.began.append(name)
        self.gate(name).set()
        try:
            if name in self.hangs:
                await anyio.sleep_forever()
        except anyio.get_cancelled_exc_class():
            self.stopped.append(name)
            raise
        return f"did {name}"


@tool(effect="read")
async def look(ctx: RunContext[Desk], name: str) -> str:
    """Look at something."""
    return await ctx.deps.do(name)


@tool(effect="idempotent")
async def put(ctx: RunContext[Desk], name: str) -> str:
    """Put something somewhere."""
    return await ctx.deps.do(name)


@tool(effect="write")
async def send(ctx: RunContext[Desk], name: str) -> str:
    """Send something."""
    return await ctx.deps.do(name)


@tool(effect="read", exclusive=True)
async def alone(ctx: RunContext[Desk], name: str) -> str:
    """Look at something with nobody beside."""
    return await ctx.deps.do(name)


@tool(effect="read", eager=False)
async def later(ctx: RunContext[Desk], name: str) -> str:
    """Look at something, but not early."""
    return await ctx.deps.do(name)


TOOLS = (look, put, send, alone, later)
