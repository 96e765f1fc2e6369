"""Results as they come: each with its index, lazily fed, and leaving the loop ends the rest."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator

import anyio
import pytest

from agentkit import Agent, Done, Failed, UsageError, tool
from agentkit.messages.message import JSONObject
from agentkit.testing import Reply, script

pytestmark = pytest.mark.anyio

agent = Agent("doubler", model="claude-haiku-5-5", output=int)


def double(request: JSONObject) -> Reply:
    said = request["messages"][0]["content"]
    return Reply.refusal("Unlucky.") if said == "3" else Reply.output(int(said) * 2)


async def test_each_result_comes_once_with_its_index_and_goes_to_progress_first() -> None:
    seen: list[int] = []

    async def note(result: Done[int] | Failed) -> None:
        seen.append(result.index)

    with script(double):
        results = [result async for result in agent.as_completed(map(str, range(6)), concurrency=2, progress=note)]
    assert sorted(result.index for result in results) == [*range(6)] == sorted(seen)
    assert {result.index: result.output for result in results if isinstance(result, Done)} == {
        0: 0, 1: 2, 2: 4, 4: 8, 5: 10,
    }  # fmt: skip
    assert [result.index for result in results if isinstance(result, Failed)] == [3]


async def test_a_map_reports_its_progress_too() -> None:
    seen: list[Done[int] | Failed] = []
    with script(double):
        results = await agent.map(["1", "3"], progress=seen.append)
    assert sorted(seen, key=lambda one: one.index) == results


async def test_the_items_are_taken_as_they_are_needed_however_slow_the_reader_is() -> None:
    taken = 0

    def items() -> Iterator[str]:
        nonlocal taken
        for number in range(40):
            taken += 1
            yield str(number)

    with script(double):
        read = 0
        async for _ in agent.as_completed(items(), concurrency=2):
            read += 1
            await anyio.sleep(0.001)
            assert taken <= read + 5
    assert (read, taken) == (40, 40)


class Calls:
    """Tool calls that wait: the first item is done once all others wait, and they count how they end."""

    def __init__(self) -> None:
        self.started = self.ended = 0
        self.agent = Agent("waits", model="claude-haiku-5-5", output=int, tools=[tool(self.wait, effect="read")])

    async def wait(self, item: str) -> str:
        """Wait."""
        if item == "0":
            while self.started < 3:
                await anyio.sleep(0.001)
            return "go on"
        self.started += 1
        try:
            await anyio.sleep(30)
        finally:
            self.ended += 1
        return "late"


def call_then_answer(request: JSONObject) -> Reply:
    messages = request["messages"]
    return Reply.tool("wait", item=messages[0]["content"]) if len(messages) == 1 else Reply.output(1)


async def first_of(calls: Calls, way: str) -> Done[int] | Failed:
    if way == "block":
        async with calls.agent.as_completed([*"0123"], concurrency=4) as results:
            async for result in results:
                return result
    async for result in calls.agent.as_completed([*"0123"], concurrency=4):
        if way == "raise":
            raise ZeroDivisionError
        return result
    raise AssertionError("there is no result")


@pytest.mark.parametrize("way", ["block", "return", "raise"])
async def test_leaving_the_loop_cancels_the_rest(way: str) -> None:
    calls = Calls()
    with anyio.fail_after(20), script(call_then_answer):
        if way == "raise":
            with pytest.raises(ZeroDivisionError):
                await first_of(calls, way)
        else:
            assert (await first_of(calls, way)).index == 0
        assert way != "block" or calls.ended == 3
        while calls.ended < 3:
            gc.collect()
            await anyio.sleep(0.001)


async def test_errors_of_the_caller_are_raised_where_the_results_are_read() -> None:
    with script(double), pytest.raises(UsageError, match="concurrency=0"):
        async for _ in agent.as_completed(["1"], concurrency=0):
            pass

    def fail(_: object) -> None:
        raise LookupError("of the progress")

    with script(double), pytest.raises(LookupError, match="of the progress"):
        async for _ in agent.as_completed(["1", "2"], progress=fail):
            pass

    async def cancel(_: object) -> None:
        raise asyncio.CancelledError

    with script(double), pytest.raises(RuntimeError, match="the function of progress= was cancelled"):
        await agent.map(["1", "2"], progress=cancel)
    with script(double), pytest.raises(UsageError, match="no_such"):
        async for _ in agent.as_completed(["1"], no_such=1):  # type: ignore[call-arg]
            pass


async def test_a_closed_one_gives_nothing_more() -> None:
    with script(double):
        results = agent.as_completed(["1", "2"])
        await results.aclose()
        assert [result async for result in results] == []
