"""The in-process client: the official SDK without a socket, left alone or left in the middle."""

from __future__ import annotations

import gc
import subprocess
import sys

import anyio
import httpx2
import pytest

from agentkit.simulator import Reply, Script, Simulator
from agentkit.simulator.http.transport import SimulatorTransport
from tests.simulator.bodies import HEADERS, body


@pytest.mark.anyio
async def test_any_httpx_client_can_be_wired_to_it() -> None:
    simulator = Simulator(Script(Reply.text("Yes.")))
    async with httpx2.AsyncClient(
        transport=SimulatorTransport(simulator), base_url="http://x", headers=HEADERS
    ) as http:
        response = await http.post("/v1/messages?beta=true", json=body())
    assert response.json()["content"] == [{"type": "text", "text": "Yes."}]


@pytest.mark.anyio
async def test_a_stream_that_is_left_is_closed() -> None:
    transport = SimulatorTransport(Simulator(Script(Reply.text("word " * 500))))
    request = httpx2.Request("POST", "http://x/v1/messages", json=body(stream=True), headers=HEADERS)
    response = await transport.handle_async_request(request)
    assert isinstance(response.stream, httpx2.AsyncByteStream)
    chunks = aiter(response.stream)
    assert (await anext(chunks)).startswith(b"event: message_start")
    await response.aclose()
    with pytest.raises(StopAsyncIteration):
        await anext(chunks)
    gc.collect()


@pytest.mark.anyio
async def test_a_client_is_good_for_many_requests_at_once() -> None:
    client = Simulator(Script(lambda request: Reply.text(request["messages"][0]["content"]))).client()
    said: list[str] = []

    async def ask(text: str) -> None:
        async with client.messages.stream(
            model="claude-opus-5-5", max_tokens=5, messages=[{"role": "user", "content": text}]
        ) as stream:
            said.append(await stream.get_final_text())

    async with anyio.create_task_group() as tasks:
        for n in range(20):
            tasks.start_soon(ask, f"number {n}")
    assert sorted(said) == sorted(f"number {n}" for n in range(20))


PROGRAM = """
import gc, logging
from agentkit import Agent, tool
from agentkit.testing import Reply, script

logging.getLogger("asyncio").setLevel(logging.ERROR)  # that the machine is slow is no fault of the client

@tool
def double(n: int) -> int:
    "Double it."
    return n * 2

agent = Agent("a", model="claude-opus-5-5", tools=[double])
for _ in range(3):
    with script(Reply.tool("double", n=2), Reply.text("4")) as simulator:
        assert agent.run_sync("Double 2").output == "4"
    del simulator
    gc.collect()
print("done")
"""


def test_a_client_that_is_never_closed_warns_of_nothing() -> None:
    command = [sys.executable, "-W", "error", "-c", PROGRAM]  # not `-X dev`: asyncio then tells of a slow machine too
    done = subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")
