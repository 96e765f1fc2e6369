"""A client that replaces every other one reaches threads and tasks that have no copy of the context."""

from __future__ import annotations

import threading
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anthropic
import anyio
import pytest

from agentkit import Agent, UsageError, tool
from agentkit.models.overriding_client import override_client, override_client_everywhere, overriding_client
from agentkit.testing import Reply, script

pytestmark = pytest.mark.anyio

real = anthropic.AsyncAnthropic(api_key="k", base_url="http://127.0.0.1:9")
"""A client whose requests fail: nothing may reach it."""


def run_in_new_thread(agent: Agent[Any, Any, Any]) -> object:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(agent.run_sync, "Hi").result().output


@pytest.mark.parametrize("client", [None, real])
def test_threads_of_a_pool_get_the_only_script(client: anthropic.AsyncAnthropic | None) -> None:
    agent = Agent("a", model="claude-haiku-5-5", client=client)
    replies = [Reply.text(str(number)) for number in range(40)]
    with script(*replies), ThreadPoolExecutor(8) as pool:
        said = [result.output for result in pool.map(agent.run_sync, ["Hi"] * 40)]
    assert sorted(map(int, said)) == list(range(40))


@pytest.mark.parametrize("start", ["map", "stream", "sub-agent", "tool"])
def test_every_way_to_run_in_such_a_thread_is_answered(start: str) -> None:
    inner = Agent("inner", model="claude-haiku-5-5", client=real)

    @tool(effect="read")
    def nested() -> str:
        """Run an agent in a thread of its own."""
        return str(run_in_new_thread(inner))

    tools: Any = {"sub-agent": [inner.as_tool()], "tool": [nested]}.get(start, [])
    agent = Agent("a", model="claude-haiku-5-5", client=real, tools=tools)

    async def run() -> object:
        if start == "map":
            return [done.output for done in await agent.map(["Hi"])]  # type: ignore[union-attr]
        async with agent.stream("Hi") as streamed:
            async for _ in streamed:
                pass
        return [streamed.result.output]

    def answer(request: dict[str, Any]) -> Reply:
        if len(request["messages"]) > 1 or not request.get("tools"):
            return Reply.text("ok")
        return Reply.tool("nested") if start == "tool" else Reply.tool("inner", objective="Say ok.")

    with script(answer), ThreadPoolExecutor(1) as pool:
        assert pool.submit(anyio.run, run).result() == ["ok"]


def test_several_scripts_are_ambiguous_there() -> None:
    agent = Agent("a", model="claude-haiku-5-5", client=real)
    opened, closing = threading.Event(), threading.Event()

    def hold_another() -> None:
        with script():
            opened.set()
            closing.wait(10)

    with script(lambda _: Reply.text("mine")), ThreadPoolExecutor(1) as pool:
        other = pool.submit(hold_another)
        assert opened.wait(10)
        try:
            with pytest.raises(UsageError, match="2 scripts are active"):
                run_in_new_thread(agent)
            assert agent.run_sync("Hi").output == "mine", "the context decides where it has a script"
        finally:
            closing.set()
        other.result()
        assert run_in_new_thread(agent) == "mine"


def test_of_nested_scripts_the_inner_one_is_active() -> None:
    agent = Agent("a", model="claude-haiku-5-5")
    with script(Reply.text("outer")):
        with script(Reply.text("inner")):
            assert run_in_new_thread(agent) == "inner"
        assert run_in_new_thread(agent) == "outer"
    assert overriding_client() is None


async def test_a_task_from_before_the_block_gets_it_too() -> None:
    send, receive = anyio.create_memory_object_stream[Callable[[], Any]](1)
    done = anyio.Event()
    said: list[object] = []

    async def work() -> None:
        async for job in receive:
            said.append((await job()).output)
            done.set()

    async with anyio.create_task_group() as tasks, receive, send:
        tasks.start_soon(work)
        await anyio.lowlevel.checkpoint()
        with script(Reply.text("ok")):
            await send.send(lambda: Agent("a", model="claude-haiku-5-5", client=real).run("Hi"))
            await done.wait()
        tasks.cancel_scope.cancel()
    assert said == ["ok"]


@pytest.fixture
async def scripted() -> AsyncGenerator[None]:
    with script(Reply.text("ok")):
        yield


@pytest.mark.usefixtures("scripted")
async def test_an_async_fixture_may_open_it() -> None:
    assert (await Agent("a", model="claude-haiku-5-5", client=real).run("Hi")).output == "ok"


def test_an_override_for_the_process_answers_where_the_context_has_none() -> None:
    ours, everywhere = (anthropic.AsyncAnthropic(api_key="k") for _ in range(2))
    with override_client_everywhere(everywhere), override_client(ours), ThreadPoolExecutor(1) as pool:
        assert overriding_client() is ours
        assert pool.submit(overriding_client).result() is everywhere
