"""Thousands of turns in one process, faults and cancels among them: what is forgotten takes no memory."""

from __future__ import annotations

import gc
import logging
import tracemalloc
from itertools import count

import anyio
import pytest

from agentkit import Agent, tool
from agentkit.messages.message import JSONObject
from agentkit.simulator import Mix, Reply, Script, Simulator
from tests.laws.scenes import Scene

_MEGABYTE = 1_000_000


async def live_through(turns: int, first_seed: int) -> None:
    """As many scenes as it takes, each forgotten when it is over."""
    done = 0
    for seed in count(first_seed):
        scene = Scene(seed)
        await scene.live()
        done += len(scene.diary.turns)
        if done >= turns:
            return


async def grown(turns: int) -> int:
    """By how many bytes the memory grows over so many turns, when everything has been used before.

    It grows by some hundred kilobytes at the most: JSON parsers keep the short strings that they have met.
    """
    logging.disable()  # pytest keeps what is logged
    await live_through(turns // 6, 0)
    gc.collect()
    tracemalloc.start()  # what is older is not counted, and tracing takes time
    try:
        await live_through(turns, 5_000)
        gc.collect()
        return tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
        logging.disable(logging.NOTSET)


def test_runs_that_are_over_leave_nothing_in_memory() -> None:
    assert anyio.run(grown, 200) < _MEGABYTE


@pytest.mark.soak
@pytest.mark.anyio
async def test_ten_thousand_turns_leave_nothing_in_memory() -> None:
    assert await grown(10_000) < 2 * _MEGABYTE


@pytest.mark.anyio
async def test_a_long_conversation_takes_the_memory_of_its_history() -> None:
    @tool(effect="read")
    async def look(word: str) -> str:
        """Look a word up."""
        return f"{word}: " + "it is written. " * 60

    async def answer(request: JSONObject) -> Reply:
        is_new = isinstance(request["messages"][-1]["content"], str)
        return Reply.tool("look", word="tea") if is_new else Reply.text("Written. " * 20)

    chat = Agent("a", model="claude-opus-5-5", tools=[look]).conversation()
    tracemalloc.start()
    try:
        before, history = 0, 0
        for number in range(16):
            simulator = Simulator(Script(answer), faults=Mix(0.2, number, ["status:529,retry_after=0.001", "cut:300"]))
            result = await chat.send("Look.", client=simulator.client())
            assert result.ok
            if number == 4:
                before, history = tracemalloc.get_traced_memory()[0], size_of(chat.messages)
        del simulator, result
        gc.collect()
        grew = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert grew < 8 * (size_of(chat.messages) - history) + _MEGABYTE // 2


def size_of(messages: tuple[JSONObject, ...]) -> int:
    return sum(len(str(message)) for message in messages)
