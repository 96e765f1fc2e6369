"""Conversations: append-only, with a prompt and tools of their own, one message at a time."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import anyio
import pytest

from agentkit import Agent, Artifact, Conversation, Settings, TextDelta, ToolStarted, UsageError, tool
from agentkit.messages.message import JSONObject
from agentkit.testing import Reply, script
from agentkit.tools.artifacts.artifact import PEEK_TOOL, READ_TOOL, SEARCH_TOOL

pytestmark = pytest.mark.anyio


@dataclass
class Report:
    title: str


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
    assert s.requests[0]["tools"][0]["name"] == "wait"


async def test_the_model_and_the_settings_may_change_on_the_way() -> None:
    chat = Agent("a", model="claude-opus-5-5").conversation()
    with script(Reply.text("One."), Reply.text("Two.")) as s:
        await chat.send("First")
        await chat.send("Second", model="claude-haiku-5-5")
    assert [request["model"] for request in s.requests] == ["claude-opus-5-5", "claude-haiku-5-5"]


@tool(effect="read")
def look(word: str) -> str:
    """Look a word up."""
    return f"{word} is a word."


@tool(name="look", effect="read")
def look_closely(word: str, lines: int = 1) -> str:
    """Look a word up, closely."""
    return f"{word}, {lines} times."


THINK = Reply.thinking("Hm.")
clerk = Agent("clerk", model="claude-opus-5-5", instructions="Be brief.", tools=[look, wait])


async def saved_after(chat: Conversation[None, str, str], *prompts: str) -> JSONObject:
    """The saved conversation after these messages, each answered with thinking and a call."""
    for prompt in prompts:
        with script(THINK + Reply.tool_text("look", '{ "word": "tea" }'), THINK + Reply.text("A word.")):
            await chat.send(prompt)
    return json.loads(json.dumps(chat.save()))  # type: ignore[no-any-return]  # JSON


def head_of(body: bytes) -> bytes:
    """A request's body up to the end of its last message."""
    return body[: body.rindex(b'],"model"')]


async def test_a_saved_conversation_goes_on_as_if_it_had_not_ended() -> None:
    """The simulator checks the thinking against all that came before it."""
    chat = clerk.conversation()
    saved = await saved_after(chat, "First")
    again = clerk.conversation(saved)
    assert again.messages == chat.messages
    with script(THINK + Reply.text("Two.")) as before:
        await chat.send("Second")
    with script(THINK + Reply.text("Two.")) as s:
        assert (await again.send("Second")).output == "Two."
    assert head_of(s.bodies[0]) == head_of(before.bodies[0])
    assert again.save() == chat.save()


async def test_what_has_changed_in_the_agent_is_told_once_at_the_tail() -> None:
    """Its system prompt and tools stay, as the thinking wants; calls of what is gone are answered as not available."""
    saved = await saved_after(clerk.conversation(), "First")
    today = replace(clerk, instructions="Be kind.", tools=[look_closely])
    chat = today.conversation(saved)
    calls = Reply.tool("look", word="tea", lines=2) + Reply.tool("wait")
    with script(THINK + calls, THINK + Reply.text("Two."), Reply.text("Three.")) as s:
        await chat.send("Second")
        await chat.send("Third")
    assert s.requests[0]["system"] == "Be brief."
    assert [param["name"] for param in s.requests[0]["tools"]][:2] == ["look", "wait"]
    news, prompt = s.requests[0]["messages"][-1]["content"]
    assert prompt["text"] == "Second"
    assert "instead of the earlier ones:\nBe kind." in news["text"]
    assert "no longer available: wait." in news["text"]
    assert "The tool `look` has changed" in news["text"]
    looked, waited = s.requests[1]["messages"][-1]["content"]
    assert looked["content"] == "tea, 2 times."
    assert waited["is_error"]
    assert "There is no tool `wait`" in waited["content"]
    assert s.requests[2]["messages"][-1]["content"] == "Third"
    with script(Reply.text("Four.")) as s:
        await today.conversation(chat.save()).send("Fourth")
    assert s.requests[0]["messages"][-1]["content"] == "Fourth"


async def test_an_output_that_has_changed_is_checked_as_it_is_today() -> None:
    saved = await saved_after(clerk.conversation(), "First")
    for output, value in [(Report, Report("Tea")), (dict[str, int], {"tea": 4})]:
        today = Agent("clerk", model="claude-opus-5-5", instructions="Be brief.", tools=[look, wait], output=output)
        with script(Reply.output(value)) as s:
            assert (await today.conversation(saved).send("Report.")).output == value
        assert [p["name"] for p in s.requests[0]["tools"]] == ["look", "wait", PEEK_TOOL, SEARCH_TOOL, READ_TOOL]


async def test_with_another_model_it_is_a_new_conversation_without_the_thinking() -> None:
    saved = await saved_after(clerk.conversation(), "First")
    today = replace(clerk, model="claude-sonnet-5-5", instructions="Be kind.")
    with script(Reply.text("Two.")) as s:
        assert (await today.conversation(saved).send("Second")).output == "Two."
    assert s.requests[0]["system"] == "Be kind."
    assert "thinking" not in str(s.requests[0]["messages"])
    assert s.requests[0]["messages"][2]["content"][0]["content"] == "tea is a word."


async def test_another_agents_messages_begin_a_new_conversation() -> None:
    with script(THINK + Reply.tool("look", word="tea"), THINK + Reply.text("A word.")):
        result = await clerk.run("First")
    for earlier in (result.messages, list(result.messages)):
        other = Agent("other", model="claude-haiku-5-5", instructions="Be kind.")
        with script(Reply.text("Two.")) as s:
            chat = other.conversation(earlier)
            assert (await chat.send("Second")).output == "Two."
        assert (s.requests[0]["system"], s.requests[0].get("tools")) == ("Be kind.", None)
        roles = [message["role"] for message in s.requests[0]["messages"]]
        assert roles == ["user", "assistant", "user", "assistant", "user"]


async def test_messages_that_end_in_the_middle_of_a_call_are_put_right() -> None:
    call = {"type": "tool_use", "id": "c1", "name": "look", "input": {"word": "tea"}}
    chat = clerk.conversation([{"role": "user", "content": "First"}, {"role": "assistant", "content": [call]}])
    with script(Reply.text("Two.")) as s:
        assert (await chat.send("Second")).ok
    [result] = s.requests[0]["messages"][2]["content"]
    assert (result["tool_use_id"], result["is_error"]) == ("c1", True)


async def test_a_conversation_in_which_nothing_was_said_can_be_saved_and_begun() -> None:
    saved = json.loads(json.dumps(clerk.conversation().save()))
    with script(Reply.text("One.")) as s:
        await clerk.conversation(saved).send("First")
    assert s.requests[0]["system"] == "Be brief."
    assert clerk.conversation(saved).save() == saved


async def test_another_model_in_the_middle_of_a_conversation_gets_none_of_the_thinking() -> None:
    """Nor does the first one when it is asked again; what it thinks from then on stays."""
    chat = clerk.conversation()
    await saved_after(chat, "First")
    with script(THINK + Reply.text("Two."), THINK + Reply.text("Three."), Reply.text("Four.")) as s:
        await chat.send("Second", model="claude-haiku-5-5")
        await chat.send("Third")
        await chat.send("Fourth")
    thoughts = [str(request["messages"]).count("'thinking':") for request in s.requests]
    assert thoughts == [0, 0, 1]
    assert {request["system"] for request in s.requests} == {"Be brief."}


async def test_in_the_middle_of_a_run_nothing_is_saved() -> None:
    chat = clerk.conversation()
    with script(Reply.tool("wait")):
        async with chat.stream("First") as run:
            async for event in run:
                if isinstance(event, ToolStarted):
                    break
            with pytest.raises(UsageError, match="in the middle of a run"):
                chat.save()
    assert clerk.conversation(chat.save()).messages == chat.messages


async def test_what_was_kept_of_long_results_is_gone_in_another_process_and_says_so() -> None:
    long = tool(lambda: "x" * 200_000, name="long", description="Long.", effect="read")
    reader = Agent("reader", model="claude-opus-5-5", tools=[long])
    chat = reader.conversation()
    with script(Reply.tool("long"), Reply.text("Long.")):
        await chat.send("First")
    again = reader.conversation(chat.save())
    look_into = Reply.tool("peek_artifact", artifact="artifact-1") + Reply.tool("long")
    with script(look_into, Reply.text("Gone.")) as s:
        await again.send("Second")
    peeked, more = s.requests[1]["messages"][-1]["content"]
    assert "no longer kept" in peeked["content"]
    assert "kept as artifact-3" in more["content"]


@pytest.mark.parametrize("earlier", ["Hi", {"messages": []}, [{"role": "user"}]])
def test_what_is_no_conversation_is_refused_at_once(earlier: Any) -> None:
    with pytest.raises(UsageError):
        clerk.conversation(earlier)


@tool(effect="read")
def table(city: str) -> Artifact:
    """Get a table."""
    return Artifact(f"The table of {city}.")


@pytest.mark.parametrize("fork", [Conversation.fork, copy.copy, copy.deepcopy], ids=["fork", "copy", "deepcopy"])
async def test_a_fork_goes_on_by_itself(fork: Callable[[Any], Any]) -> None:
    chat = Agent("a", model="claude-opus-5-5", tools=[table], settings=Settings(thread=True)).conversation()
    with script(
        *(Reply.tool("table", city="Rome"), Reply.text("One.")),
        *(Reply.tool("table", city="Paris"), Reply.text("Two.")),
        *(Reply.tool("table", city="Oslo"), Reply.text("Three.")),
    ) as s:
        await chat.send("First")
        other = fork(chat)
        two, three = await chat.send("Second"), await other.send("Third")
    assert s.refusals == []
    assert [message["content"] for message in s.requests[4]["messages"]][4:] == ["Third"]
    assert chat.messages == two.messages != three.messages == other.messages
    assert [kept.read() for kept in two.artifacts.values()] == ["The table of Rome.", "The table of Paris."]
    assert [kept.read() for kept in three.artifacts.values()] == ["The table of Rome.", "The table of Oslo."]


async def test_a_conversation_is_not_forked_in_the_middle_of_a_run_and_never_pickled() -> None:
    chat = Agent("a", model="claude-opus-5-5", tools=[wait]).conversation()
    with script(Reply.tool("wait")):
        async with chat.stream("First") as run:
            async for event in run:
                if isinstance(event, ToolStarted):
                    break
            with pytest.raises(UsageError, match="in the middle of a run"):
                chat.fork()
    with pytest.raises(UsageError, match=r"save\(\)"):
        pickle.dumps(chat)
