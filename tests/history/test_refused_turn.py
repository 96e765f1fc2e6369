"""A turn of the model that the API refuses to take back goes on as plain text, and the conversation with it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from agentkit import Agent, CallModel, ModelCall, Outcome, tool
from agentkit.history.refused_turn import last_turn_span, with_turn_as_text
from agentkit.messages import AssistantTurn, JSONObject
from agentkit.messages.message import Block, Message, user
from agentkit.testing import Reply, script
from tests.pictures import image_block, png

pytestmark = pytest.mark.anyio

SEARCH = {"type": "web_search_20260318", "name": "web_search"}
PATTERN = "String should match pattern '^[a-zA-Z0-9_-]{1,128}$'"


@tool(effect="write")
def pay(amount: int) -> str:
    """Pay."""
    PAID.append(amount)
    return "paid"


PAID: list[int] = []
AGENT = Agent("a", model="claude-opus-5-5", tools=[pay, SEARCH])


def refused(place: str, why: str) -> Reply:
    return Reply.failure(400, "invalid_request_error", f"messages.{place}: {why}")


def texts(request: JSONObject, index: int) -> str:
    return " ".join(block.get("text", "") for block in request["messages"][index]["content"])


REFUSALS = [
    refused("1.content.1.tool_use.name", PATTERN),
    refused("1", "`tool_use` ids were found without `tool_result` blocks immediately after: x"),
]


@pytest.mark.parametrize("refusal", REFUSALS)
@pytest.mark.parametrize("streamed", [False, True])
async def test_a_refused_call_goes_back_as_text_and_is_not_made_again(refusal: Reply, streamed: bool) -> None:
    PAID.clear()
    chat = AGENT.conversation()
    turn = Reply.text("I pay.") + Reply.tool("pay", amount=4)
    with script(turn, refusal, Reply.text("Done."), Reply.text("Yes."), Reply.text("Sure.")) as s:
        if streamed:
            async with chat.stream("Pay 4.") as run:
                async for _ in run:
                    pass
            result = run.result
        else:
            result = await chat.send("Pay 4.")
        assert (await chat.send("Really?")).output == "Yes."
        loaded = AGENT.conversation(json.loads(json.dumps(chat.save())))
        assert (await loaded.send("Sure?")).output == "Sure."
    assert (result.output, PAID) == ("Done.", [4])
    assert texts(s.requests[2], 1) == 'I pay. [Call of `pay`: {"amount":4}]'
    assert "did not take the turn before this back as it was written" in texts(s.requests[2], 2)
    assert texts(s.requests[2], 2).endswith("[Result of `pay`:] paid")
    for request in s.requests[3:]:
        assert request["messages"][:3] == s.requests[2]["messages"][:3]


async def test_a_refused_turn_of_the_run_before_costs_no_prompt() -> None:
    cited: Block = {"type": "text", "text": "Tea.", "citations": [{"type": "no"}]}
    chat = AGENT.conversation()
    with script(Reply.block(cited), refused("1.content.0.text.citations.0", "no"), Reply.text("Yes.")) as s:
        assert (await chat.send("What?")).ok
        assert (await chat.send("Really?")).output == "Yes."
    assert s.requests[-1]["messages"][1]["content"] == [{"type": "text", "text": "Tea."}]
    assert s.requests[-1]["messages"][-1]["content"][-1]["text"] == "Really?"


async def test_thinking_that_is_refused_is_left_out_and_the_call_stays_a_call() -> None:
    why = refused("1.content.0", "Invalid `signature` in `thinking` block")
    with script(Reply.thinking("Hm.") + Reply.tool("pay", amount=4), why, Reply.text("Done.")) as s:
        assert (await AGENT.run("Pay 4.")).ok
    assert [block["type"] for block in s.requests[-1]["messages"][1]["content"]] == ["tool_use"]


async def test_middleware_that_trims_a_conversation_with_thinking_does_not_end_it() -> None:
    async def trim(call: ModelCall, next: CallModel) -> AssistantTurn:
        messages = call.request.messages
        return await next(replace(call, request=replace(call.request, messages=messages[-3:])))

    chat = replace(AGENT, around_model=[trim]).conversation()
    replies = [Reply.thinking("Hm.") + Reply.text(f"Answer {n}.") for n in range(4)]
    with script(*replies) as s:
        assert [(await chat.send("And?")).output for _ in range(4)] == [f"Answer {n}." for n in range(4)]
    assert len(s.requests) == 4  # those that were refused are not among them


async def test_a_turn_that_the_server_paused_goes_on_behind_a_note() -> None:
    search = Reply.block({"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "x"}})
    paused = (Reply.text("I look.") + search).replace(stop_reason="pause_turn")
    with script(paused, refused("1.content.1", "no"), Reply.text("Tea.")) as s:
        assert (await AGENT.run("What?")).output == "Tea."
    assert texts(s.requests[-1], 1) == "I look. (server_tool_use)"
    assert "do not repeat" not in texts(s.requests[-1], 2)


async def test_it_is_tried_once_and_other_turns_stay_as_they_are() -> None:
    why = refused("1.content.0.tool_use.name", PATTERN)
    with script(Reply.tool("pay", amount=4), why, why):
        result = await AGENT.run("Pay 4.")
    assert (result.outcome, PATTERN in result.reason) == (Outcome.FAILED, True)

    chat = AGENT.conversation()
    with script(Reply.text("One."), Reply.text("Two."), refused("1.content.0.text", "no")) as s:
        assert [(await chat.send("And?")).ok for _ in range(3)] == [True, True, False]
    assert list(chat.messages) == s.requests[-1]["messages"][:4]


def text(said: str) -> Block:
    return {"type": "text", "text": said}


def test_pictures_of_results_are_kept_and_what_has_no_text_is_left_out() -> None:
    picture = image_block(png())
    call: Block = {"type": "tool_use", "id": "c1", "name": "look", "input": {}}
    result: Block = {"type": "tool_result", "tool_use_id": "c1", "is_error": True, "content": [text(""), picture]}
    thinking: Block = {"type": "thinking", "thinking": "Hm.", "signature": "x"}
    messages = [user("Look."), Message.of("assistant", [thinking, call]), user([result, text("Well?")])]
    assert last_turn_span(messages) == range(1, 2)
    prompt, turn, behind = with_turn_as_text(messages, "no")
    assert (prompt, turn.content) == (messages[0], [text("[Call of `look`: {}]")])
    assert behind.content[1:] == [text("[Error of `look`:]"), picture, text("Well?")]
    plain = [prompt, turn, behind]
    assert with_turn_as_text(plain, "no") == plain
    assert with_turn_as_text(messages[:1], "no") == messages[:1]
