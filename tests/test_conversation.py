"""Conversations: append-only, with a prompt and tools of their own, one message at a time."""

from __future__ import annotations

import anyio
import pytest

from agentkit import Agent, TextDelta, ToolStarted, UsageError, tool
from agentkit.testing import Reply, script

pytestmark = pytest.mark.anyio


@tool(effect="read")
async def wait() -> str:
    """Wait for ever."""
    await anyio.sleep_forever()
    return ""


async def test_each_message_goes_on_where_the_last_run_ended() -> None:
    chat = Agent("a", model="claude-opus-5-5").conversation()
    with script(Reply.text("One."), Reply.text("Two.")) as s:
        assert (await chat.send("First")).output == "One."
        assert (await chat.send("Second")).output == "Two."
    assert [m["content"] for m in s.requests[1]["messages"]] == ["First", [{"type": "text", "text": "One."}], "Second"]
    assert len(chat.messages) == 4
    head = s.bodies[0][: s.bodies[0].rindex(b'],"model"')]
    assert s.bodies[1].startswith(head)


async def test_a_message_can_be_streamed() -> None:
    chat = Agent("a", model="claude-opus-5-5").conversation()
    with script(Reply.text("One."), Reply.text("Two.")):
        await chat.send("First")
        async with chat.stream("Second") as run:
            text = "".join([event.text async for event in run if isinstance(event, TextDelta)])
    assert text == "Two."
    assert run.result.messages == chat.messages


async def test_it_goes_on_after_a_run_that_was_cancelled() -> None:
    chat = Agent("a", model="claude-opus-5-5", tools=[wait]).conversation()
    with script(Reply.tool("wait"), Reply.text("Here I am.")) as s:
        with anyio.move_on_after(0.1):
            await chat.send("First")
        assert (await chat.send("Second")).output == "Here I am."
    roles = [message["role"] for message in s.requests[1]["messages"]]
    assert roles == ["user", "assistant", "user", "user"]
    assert s.requests[1]["messages"][2]["content"][0]["is_error"]


async def test_a_second_message_in_the_middle_of_a_run_is_refused_and_harms_nothing() -> None:
    chat = Agent("a", model="claude-opus-5-5", tools=[wait]).conversation()
    with script(Reply.tool("wait"), Reply.text("Done.")):
        async with chat.stream("First") as run:
            async for event in run:
                if isinstance(event, ToolStarted):
                    break
            with pytest.raises(UsageError, match="in the middle of a run"):
                await chat.send("Second")
        assert (await chat.send("Third")).output == "Done."


async def test_tools_are_given_with_the_first_message_only() -> None:
    chat = Agent("a", model="claude-opus-5-5").conversation()
    with script(Reply.text("One.")) as s:
        await chat.send("First", tools=[wait])
        with pytest.raises(UsageError, match="first message"):
            await chat.send("Second", tools=[])
    assert [param["name"] for param in s.requests[0]["tools"]] == ["wait"]


async def test_the_model_and_the_settings_may_change_on_the_way() -> None:
    chat = Agent("a", model="claude-opus-5-5").conversation()
    with script(Reply.text("One."), Reply.text("Two.")) as s:
        await chat.send("First")
        await chat.send("Second", model="claude-haiku-5-5")
    assert [request["model"] for request in s.requests] == ["claude-opus-5-5", "claude-haiku-5-5"]
