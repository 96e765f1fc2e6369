"""Law 6 on a real socket: a run that is cancelled leaves no connection, no task and no thread behind."""

from __future__ import annotations

import json
import threading
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import anthropic
import anyio
import pytest
from anyio.abc import SocketAttribute, SocketStream

from agentkit import Agent, RunContext, TextDelta, tool
from agentkit.messages.message import JSONObject
from agentkit.simulator import Reply, Script, Simulator
from agentkit.testing import script
from agentkit.tools.worker_threads import abandoned_threads

pytestmark = pytest.mark.anyio

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
BEGINNING: tuple[JSONObject, ...] = (
    {"type": "message_start", "message": {"id": "m", "model": "claude-opus-5-5", "usage": {}}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Well"}},
)


@dataclass
class Stuck:
    """A server that begins to answer and then says nothing more."""

    url: str = ""
    asked: anyio.Event = field(default_factory=anyio.Event)
    left: anyio.Event = field(default_factory=anyio.Event)
    """The client closed its connection."""

    async def serve(self, stream: SocketStream) -> None:
        async with stream:
            while b'"messages"' not in await stream.receive():
                pass
            self.asked.set()  # before the first event, so that whoever reads one finds it set
            await stream.send(HEAD)
            for event in BEGINNING:
                data = b"event: %b\ndata: %b\n\n" % (event["type"].encode(), json.dumps(event).encode())
                await stream.send(b"%x\r\n%b\r\n" % (len(data), data))
            try:
                await stream.receive()
            except (anyio.EndOfStream, anyio.BrokenResourceError):
                self.left.set()


@asynccontextmanager
async def stuck() -> AsyncGenerator[Stuck]:
    server = Stuck()
    listeners = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = listeners.listeners[0].extra(SocketAttribute.local_port)
    server.url = f"http://127.0.0.1:{port}"
    async with listeners, anyio.create_task_group() as tasks:
        tasks.start_soon(listeners.serve, server.serve)
        yield server
        tasks.cancel_scope.cancel()


def agent_of(server: Stuck) -> Agent:
    return Agent(
        "a", model="claude-opus-5-5", client=anthropic.AsyncAnthropic(api_key="k", base_url=server.url, max_retries=0)
    )


async def test_a_timeout_around_a_run_closes_its_connection() -> None:
    async with stuck() as server:
        with anyio.fail_after(10):
            async with anyio.create_task_group() as tasks:
                with anyio.CancelScope() as scope:

                    async def set_timeout() -> None:
                        await server.asked.wait()  # a busy machine may take long to come so far
                        scope.deadline = anyio.current_time() + 0.1

                    tasks.start_soon(set_timeout)
                    await agent_of(server).run("Go")
            await server.left.wait()
        assert scope.cancelled_caught


async def test_leaving_a_stream_closes_its_connection() -> None:
    async with stuck() as server:
        with anyio.fail_after(10):
            async with agent_of(server).stream("Go") as run:
                async for event in run:
                    if isinstance(event, TextDelta):
                        break
            await server.left.wait()
    assert [message["role"] for message in run.result.messages] == ["user"]


async def test_cancelling_a_parent_closes_its_childrens_connections() -> None:
    async with stuck() as server:
        simulator = Simulator(Script(Reply.tool("child", objective="x")))
        child = agent_of(server).as_tool(name="child")
        lead = Agent("lead", model="claude-opus-5-5", tools=[child], client=simulator.client())
        with anyio.fail_after(10):
            async with lead.stream("Go") as run:
                async for _ in run:
                    if server.asked.is_set():
                        break
            await server.left.wait()


async def test_a_sync_tool_is_abandoned_counted_and_its_late_result_dropped() -> None:
    release = threading.Event()
    finished = threading.Event()

    @tool(effect="read")
    def hang(ctx: RunContext) -> str:
        """Hang."""
        release.wait(30)
        ctx.progress("late")
        finished.set()
        return "late"

    before = abandoned_threads()
    with script(Reply.tool("hang")), anyio.fail_after(10):
        with anyio.move_on_after(0.2):
            await Agent("a", model="claude-opus-5-5", tools=[hang]).run("Go")
    assert abandoned_threads() == before + 1
    release.set()
    assert finished.wait(10)
    with anyio.fail_after(10):
        while abandoned_threads() > before:
            await anyio.sleep(0.01)
