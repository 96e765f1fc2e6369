"""Clients by other people hold conversations with the simulator: the official SDK, its tool runner, curl."""

from __future__ import annotations

import gc
import json
from collections.abc import AsyncGenerator, Mapping
from typing import Any

import anthropic
import anyio
import pytest

from agentkit.simulator import Reply, Script, Simulator
from agentkit.simulator.http.wire import Response
from agentkit.simulator.replies.script import ReplyFunction
from tests.simulator.bodies import HEADERS, body

pytestmark = pytest.mark.anyio


def answering(words: int = 1) -> Simulator:
    return Simulator(Script(lambda _: Reply.text("word " * words)))


async def test_five_streams_at_once_are_whole_each() -> None:
    simulator = answering(2000)
    texts: list[str] = []
    async with simulator.serve() as base_url, anthropic.AsyncAnthropic(api_key="k", base_url=base_url) as client:

        async def read() -> None:
            async with client.messages.stream(
                model="claude-opus-5-5", max_tokens=50, messages=[{"role": "user", "content": "Hi"}]
            ) as stream:
                texts.append(await stream.get_final_text())

        async with anyio.create_task_group() as tasks:
            for _ in range(5):
                tasks.start_soon(read)
    assert texts == ["word " * 2000] * 5


async def test_streams_cancelled_in_the_middle_leave_nothing_open() -> None:
    released: list[int] = []

    class Counting(Simulator):
        async def handle(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Response:
            response = await super().handle(method, path, headers, body)
            return Response(response.status, response.headers, self.watched(response.chunks))

        async def watched(self, chunks: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
            try:
                async for chunk in chunks:
                    yield chunk
                    await anyio.sleep(0.001)
            finally:
                await chunks.aclose()
                released.append(1)

    simulator = Counting(Script(lambda _: Reply.text("word " * 5000)))
    async with simulator.serve() as base_url:
        remote = anthropic.AsyncAnthropic(api_key="k", base_url=base_url, max_retries=0)
        async with remote, simulator.client() as local:
            for client in (remote, local):
                released.clear()
                with anyio.CancelScope() as scope:
                    async with client.messages.stream(
                        model="claude-opus-5-5", max_tokens=50, messages=[{"role": "user", "content": "Hi"}]
                    ) as stream:
                        async for event in stream:
                            if event.type == "text":
                                scope.cancel()
                assert scope.cancelled_caught
                with anyio.fail_after(5):
                    while not released:
                        await anyio.sleep(0.005)
    gc.collect()


async def test_the_sdks_tool_runner_holds_a_conversation() -> None:
    ran: list[str] = []

    @anthropic.beta_async_tool
    async def find(word: str) -> str:
        """Find a word."""
        ran.append(word)
        return word.upper()

    script: list[Reply | ReplyFunction] = [
        Reply.thinking("Two.") + Reply.tool("find", word="tea") + Reply.tool("find", word="cup"),
        Reply.text("One more.") + Reply.tool("find", word="pot"),
        lambda request: Reply.text(f"Found {request['messages'][-1]['content'][0]['content']}."),
    ]
    ways = [(False, False), (True, False), (False, True), (True, True)]
    for is_streamed, is_threaded in ways:
        simulator = Simulator(Script(*script))
        async with simulator.serve() as base_url, anthropic.AsyncAnthropic(api_key="k", base_url=base_url) as client:
            options: Any = ({"stream": True} if is_streamed else {}) | ({} if is_threaded else {"thread": False})
            runner = client.beta.messages.tool_runner(
                model="claude-opus-5-5",
                max_tokens=100,
                tools=[find],
                messages=[{"role": "user", "content": "Find."}],
                **options,
            )
            message = await runner.until_done()
            assert [block.to_dict() for block in message.content] == [{"type": "text", "text": "Found POT."}]
        assert simulator.refusals == []
        sent = [len(json.loads(body)["messages"]) for body in simulator.bodies]
        assert sent == ([1, 1, 1] if is_threaded else [1, 3, 5])
        assert [len(request["messages"]) for request in simulator.requests] == [1, 3, 5]
    assert ran == ["tea", "cup", "pot"] * len(ways)


@pytest.mark.system(program="curl", install="apt-get install curl")
async def test_curl_reads_a_stream() -> None:
    async with answering(3).serve() as base_url:
        headers = [part for name, value in HEADERS.items() for part in ("-H", f"{name}: {value}")]
        command = ["curl", "-sSN", *headers, "-d", json.dumps(body(stream=True)), f"{base_url}/v1/messages"]
        done = await anyio.run_process(command, check=True)
    assert done.stdout.startswith(b"event: message_start\ndata: {")
    assert done.stdout.endswith(b'event: message_stop\ndata: {"type":"message_stop"}\n\n')
