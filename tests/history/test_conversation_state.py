"""One run at a time: a message waits for the end of a stream that was cancelled or dropped, and for no other run."""

from __future__ import annotations

import anyio
import pytest

from agentkit import Agent, RunResult, UsageError, tool
from agentkit.agents.conversation import Conversation
from agentkit.history.conversation_state import ConversationState, CurrentRun
from agentkit.messages import JSONObject
from agentkit.run.events import ToolStarted
from agentkit.testing import Reply, script
from tests.other_loop import in_other_loop

pytestmark = pytest.mark.anyio

started: list[str] = []
cleaned_up: list[str] = []


@tool(effect="write")
async def slow() -> str:
    """Take long, and to clean up."""
    try:
        started.append("slow")
        await anyio.sleep(30)
    finally:
        with anyio.CancelScope(shield=True):
            await anyio.sleep(0.05)
            cleaned_up.append("slow")
    return "done"


def play(request: JSONObject) -> Reply:
    return Reply.tool("slow") if len(request["messages"]) == 1 else Reply.text("Tea.")


async def until_started() -> None:
    while not started:
        await anyio.sleep(0.001)


async def break_off(chat: Conversation[None, str, str]) -> None:
    async for event in chat.stream("Go."):
        if isinstance(event, ToolStarted):
            await until_started()
            break


async def cancel(chat: Conversation[None, str, str]) -> None:
    run = chat.stream("Go.")
    async for event in run:
        if isinstance(event, ToolStarted):
            await until_started()
            run.cancel()
            break
    kept.append(run)


kept: list[object] = []


@pytest.mark.parametrize("stop", [break_off, cancel])
async def test_the_next_message_waits_for_the_end_of_a_stopped_stream(stop: object) -> None:
    cleaned_up.clear()
    started.clear()
    chat = Agent("a", model="claude-haiku-5-5", tools=[slow]).conversation()
    with script(play):
        assert callable(stop)
        await stop(chat)
        result = await chat.send("And now?")
    kept.clear()
    assert result.output == "Tea."
    assert cleaned_up == ["slow"]
    assert [message["role"] for message in chat.messages] == ["user", "assistant", "user", "user", "assistant"]


async def test_a_message_does_not_wait_for_a_run_that_goes_on() -> None:
    chat = Agent("a", model="claude-haiku-5-5", tools=[slow]).conversation()
    with script(play):
        async with chat.stream("Go.") as run:
            async for event in run:
                if isinstance(event, ToolStarted):
                    with pytest.raises(UsageError, match="in the middle of a run"):
                        await chat.send("And now?")
                    break
        assert (await chat.send("And now?")).ok


async def test_of_two_messages_after_a_stopped_stream_one_is_taken() -> None:
    chat = Agent("a", model="claude-haiku-5-5", tools=[slow]).conversation()
    outcomes: list[str] = []

    async def send(text: str) -> None:
        try:
            outcomes.append(str((await chat.send(text)).outcome))
        except UsageError:
            outcomes.append("refused")

    with script(play):
        await break_off(chat)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(send, "one")
            tasks.start_soon(send, "two")
    assert "completed" in outcomes
    assert len(outcomes) == 2


@pytest.mark.parametrize("other", ["asyncio", "trio"])
async def test_a_message_from_another_event_loop_waits_or_is_refused_as_well(other: str) -> None:
    cleaned_up.clear()
    started.clear()
    chat = Agent("a", model="claude-haiku-5-5", tools=[slow]).conversation()

    async def send() -> RunResult[str]:
        return await chat.send("And now?")

    with script(play):
        async with chat.stream("Go.") as run:
            async for event in run:
                if isinstance(event, ToolStarted):
                    await until_started()
                    with pytest.raises(UsageError, match="in the middle of a run"):
                        await in_other_loop(send, other)
                    run.cancel()
                    assert (await in_other_loop(send, other)).ok
                    assert cleaned_up == ["slow"]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_run_whose_event_loop_has_ended_is_over(backend: str) -> None:
    state = ConversationState()

    async def begin() -> None:
        await state.begin_run("a", CurrentRun())

    for _ in range(2):
        anyio.run(begin, backend=backend)
    assert state.current_run is not None


async def test_of_messages_in_many_threads_one_is_taken_at_a_time() -> None:
    chat = Agent("a", model="claude-haiku-5-5").conversation()
    outcomes: list[str] = []

    async def send() -> None:
        try:
            outcomes.append(str((await chat.send("Go.")).outcome))
        except UsageError:
            outcomes.append("refused")

    with script(lambda _: Reply.text("Tea.")) as s:
        async with anyio.create_task_group() as tasks:
            for number in range(8):
                tasks.start_soon(in_other_loop, send, ("asyncio", "trio")[number % 2])
    taken = outcomes.count("completed")
    assert (len(outcomes), taken >= 1, len(s.requests)) == (8, True, taken)
    assert len(chat.messages) == 2 * taken
