"""Turns that were cut off, refused, paused or garbled: no call of theirs is executed."""

from __future__ import annotations

from typing import Any, cast

import anyio
import pytest

from agentkit import Agent, Budget, Outcome, Settings, Tool, ToolStarted, tool
from agentkit.loop.texts_for_model import TRUNCATED_RESULT
from agentkit.messages.message import Block, JSONObject
from agentkit.testing import Reply, script
from agentkit.tools.decorator import Effect
from tests.shop import check_pairs, results, shop

pytestmark = pytest.mark.anyio


def remembering(executed: list[str]) -> Tool[[str], str]:
    @tool
    def remember(name: str) -> str:
        """Remember a name."""
        executed.append(name)
        return name

    return remember


@pytest.mark.parametrize("how", ["cancelled", "out of time", "resumed"])
@pytest.mark.parametrize("effect", ["read", "idempotent", "write"])
async def test_only_of_a_call_that_may_have_one_the_effect_is_said_to_be_unknown(how: str, effect: Effect) -> None:
    agent = Agent("a", model="claude-opus-5-5", tools=[hanging(effect)])
    chat, call = agent.conversation(), Reply.tool("hang")
    if how == "resumed":
        block: Block = {"type": "tool_use", "id": "c1", "name": "hang", "input": {}}
        asked: list[JSONObject] = [{"role": "user", "content": "Go"}, {"role": "assistant", "content": [block]}]
        chat = agent.conversation(asked)
    with script(*([] if how == "resumed" else [call]), Reply.text("Well.")) as s:
        if how == "cancelled":
            async with chat.stream("Go") as run:
                async for event in run:
                    if isinstance(event, ToolStarted):
                        break
        elif how == "out of time":
            await chat.send("Go", budget=Budget(max_seconds=0.2))
        await chat.send("And?")
    results = [block for message in s.requests[-1]["messages"] for block in blocks_of(message)]
    [text] = [block["content"] for block in results if block["type"] == "tool_result"]
    assert ("took effect" in text) is (effect != "read")


def hanging(effect: Effect) -> Tool[..., Any]:
    @tool(effect=effect)
    async def hang() -> str:
        """Hang."""
        await anyio.sleep(5)
        return ""

    return hang


def blocks_of(message: JSONObject) -> list[Block]:
    return cast("list[Block]", message["content"]) if isinstance(message["content"], list) else []


class TestUnfinishedTurns:
    """No call of an unfinished turn is executed, and the conversation stays one that the API takes."""

    @pytest.mark.parametrize(("stop_reason", "outcome"), [("refusal", Outcome.REFUSED), ("moonrise", Outcome.FAILED)])
    async def test_a_call_in_it_is_not_executed(self, stop_reason: str, outcome: Outcome) -> None:
        executed: list[str] = []
        chat = Agent("a", model="claude-opus-5-5", tools=[remembering(executed)]).conversation()
        reply = Reply.text("Well.") + Reply.tool("remember", name="tea")
        with script(reply.replace(stop_reason=stop_reason), Reply.text("Hello again.")) as s:
            result = await chat.send("Go")
            again = await chat.send("And now?")
        assert result.outcome is outcome
        assert executed == []
        check_pairs(result)
        assert again.output == "Hello again."
        if stop_reason == "refusal":
            assert [m["role"] for m in s.requests[1]["messages"]] == ["user", "user"]
        else:
            assert [u.name for u in result.unfinished] == ["remember"]

    async def test_a_cut_call_is_asked_for_with_more_room_until_it_is_whole(self) -> None:
        executed: list[str] = []
        agent = Agent("a", model="claude-opus-5-5", tools=[remembering(executed)])
        call = Reply.tool("remember", name="tea")
        cut = call.replace(stop_reason="max_tokens")
        with script(cut, cut, call, Reply.text("Done.")) as s:
            result = await agent.run("Go")
        assert result.output == "Done."
        assert executed == ["tea"]
        assert [request["max_tokens"] for request in s.requests] == [16_000, 64_000, 128_000, 16_000]
        assert s.requests[0]["messages"] == s.requests[1]["messages"] == s.requests[2]["messages"]
        check_pairs(result)

    async def test_a_call_that_no_room_is_enough_for_is_answered_with_what_to_do_and_never_executed(self) -> None:
        executed: list[str] = []
        agent = Agent(
            "a", model="claude-haiku-4-5", tools=[remembering(executed)], settings=Settings(max_tokens=64_000)
        )
        cut = Reply.tool_text("remember", '{"name": "te').replace(stop_reason="max_tokens")
        with script(cut, Reply.text("Then not.")) as s:
            result = await agent.run("Go")
        assert result.output == "Then not."
        assert executed == []
        (answer,) = results(s.requests[1])
        assert answer["is_error"]
        assert answer["content"] == TRUNCATED_RESULT
        check_pairs(result)

    async def test_a_cut_off_text_is_the_outcome_truncated_and_stays_in_the_messages(self) -> None:
        with script(Reply.text("Once upon a ti").replace(stop_reason="max_tokens")):
            result = await Agent("a", model="claude-opus-5-5").run("Tell me")
        assert result.outcome is Outcome.TRUNCATED
        assert result.messages[-1]["content"] == [{"type": "text", "text": "Once upon a ti"}]

    async def test_two_calls_of_one_id_are_asked_for_anew(self) -> None:
        executed: list[str] = []
        agent = Agent("a", model="claude-opus-5-5", tools=[remembering(executed)])
        with script(Reply.tool("remember", name="tea"), Reply.text("Done."), faults=["duplicate_ids"]) as s:
            result = await agent.run("Go")
        assert result.output == "Done."
        assert executed == ["tea"]
        assert len(s.requests) == 3
        check_pairs(result)

    async def test_a_pause_is_resent_unchanged(self) -> None:
        agent = Agent("a", model="claude-opus-5-5")
        search = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "tea"}}
        paused = (Reply.text("Let me see.") + Reply.block(search)).replace(stop_reason="pause_turn")
        with script(paused, Reply.text("Done.")) as s:
            result = await agent.run("Go")
        assert result.output == "Done."
        assert [m["role"] for m in s.requests[1]["messages"]] == ["user", "assistant"]
        assert s.requests[1]["messages"][1]["content"] == [{"type": "text", "text": "Let me see."}, search]

    async def test_an_input_that_is_not_json_is_answered_and_goes_back_empty(self) -> None:
        with script(Reply.tool_text("find_items", '{"words": ["tea"'), Reply.text("Done.")) as s:
            result = await shop.run("Go")
        assert s.requests[1]["messages"][1]["content"][0]["input"] == {}
        (answer,) = results(s.requests[1])
        assert '{"words": ["tea"' in answer["content"]
        assert answer["is_error"]
        check_pairs(result)

    async def test_silence_is_asked_about_once(self) -> None:
        with script(Reply(()), Reply.text("Here I am.")) as s:
            result = await shop.run("Go")
        assert result.output == "Here I am."
        assert [m["role"] for m in s.requests[1]["messages"]] == ["user", "user"]
        with script(Reply(()), Reply(())):
            assert (await shop.run("Go")).outcome is Outcome.EMPTY
