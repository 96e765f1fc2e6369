"""One turn's calls: what is answered without being executed, and what ends without a word."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import anyio
import pytest

from agentkit import Agent, tool
from agentkit.messages.message import JSONObject
from agentkit.testing import Reply, script


async def answers(agent: Agent, calls: Reply) -> list[JSONObject]:
    with script(calls, Reply.text("Done.")) as s:
        await agent.run("Go")
    blocks: list[JSONObject] = s.requests[1]["messages"][-1]["content"]
    return blocks


@pytest.mark.anyio
async def test_an_unknown_tool_is_answered_with_the_nearest_and_with_all() -> None:
    @tool(effect="read")
    def find_items() -> str:
        """Find."""
        return ""

    @tool(effect="read")
    def place_order() -> str:
        """Place."""
        return ""

    agent = Agent("a", model="claude-opus-5-5", tools=[find_items, place_order])
    (answer,) = await answers(agent, Reply.tool("find_item"))
    assert answer["is_error"]
    assert "Did you mean `find_items`?" in answer["content"]
    assert "find_items, place_order" in answer["content"]


@pytest.mark.anyio
async def test_no_more_calls_run_at_once_than_the_agent_allows() -> None:
    running = most = 0

    @tool(effect="read")
    async def work(n: int) -> int:
        """Work."""
        nonlocal running, most
        running += 1
        most = max(most, running)
        await anyio.sleep(0.005)
        running -= 1
        return n

    calls = Reply.tool("work", n=0)
    for n in range(1, 12):
        calls += Reply.tool("work", n=n)
    agent = Agent("a", model="claude-opus-5-5", tools=[work], max_concurrent_calls=3)
    assert [answer["content"] for answer in await answers(agent, calls)] == [str(n) for n in range(12)]
    assert most == 3


@pytest.mark.anyio
async def test_a_tool_that_cancels_itself_is_answered(anyio_backend: str) -> None:
    if anyio_backend != "asyncio":
        return  # trio has no way to do this

    @tool(effect="read")
    async def give_up() -> str:
        """Give up."""
        raise asyncio.CancelledError

    agent = Agent("a", model="claude-opus-5-5", tools=[give_up])
    (answer,) = await answers(agent, Reply.tool("give_up"))
    assert answer["content"] == "`give_up` cancelled itself."
    assert answer["is_error"]


@pytest.mark.anyio
async def test_a_scope_of_the_tools_own_is_its_own_affair() -> None:
    @tool(effect="read")
    async def patient() -> str:
        """Wait a little."""
        with anyio.move_on_after(0.01):
            await anyio.sleep_forever()
        return "enough"

    (answer,) = await answers(Agent("a", model="claude-opus-5-5", tools=[patient]), Reply.tool("patient"))
    assert answer["content"] == "enough"


INTERRUPTED = """
import sys
import anyio
from agentkit import Agent, tool
from agentkit.testing import Reply, script

@tool(effect="read")
async def leave() -> str:
    raise {error}

@tool(effect="read")
async def stay() -> str:
    await anyio.sleep_forever()

async def main():
    await Agent("a", model="claude-opus-5-5", tools=[leave, stay]).run("Go")

def run(backend):
    with script(Reply.tool("stay") + Reply.tool("leave")):
        anyio.run(main, backend=backend)
    print("it went on")

try:
    run("asyncio")
except {kind} as error:
    print(repr(error))
run("trio")
"""


@pytest.mark.parametrize(("error", "code"), [("KeyboardInterrupt()", -2), ("SystemExit(7)", 7)])
def test_an_interrupt_or_exit_in_a_tool_ends_the_program(error: str, code: int) -> None:
    """On asyncio, where it is caught outside of the run, and then on trio."""
    source = INTERRUPTED.format(error=error, kind=error.partition("(")[0])
    process = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, timeout=30, check=False)
    assert (process.returncode, process.stdout) == (code, f"{error}\n"), process.stderr


@pytest.mark.anyio
async def test_a_sync_tool_that_hangs_is_abandoned_at_its_limit() -> None:
    import threading

    release = threading.Event()

    @tool(effect="read", timeout_s=0.05)
    def hang() -> str:
        """Hang."""
        release.wait(30)
        return "late"

    with anyio.fail_after(5):
        (answer,) = await answers(Agent("a", model="claude-opus-5-5", tools=[hang]), Reply.tool("hang"))
    release.set()
    assert "timed out after 0.05 s" in answer["content"]
