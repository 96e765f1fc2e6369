"""Code that the API runs in a container: its id goes along, in the loop, in the conversation, and after saving."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from agentkit import Agent, Budget, Conversation, Outcome, Retry, Settings, tool
from agentkit.messages.container import Container
from agentkit.messages.message import Block, JSONObject
from agentkit.simulator import Simulator
from agentkit.testing import Reply, script

pytestmark = pytest.mark.anyio

CODE: JSONObject = {"type": "code_execution_20260120", "name": "code_execution"}
SEARCH: JSONObject = {"type": "web_search_20260209", "name": "web_search"}
CALLER: JSONObject = {"type": "code_execution_20260120", "tool_id": "srvtoolu_1"}
QUICK = Retry(max_attempts=2, first_wait_s=0)


def ran(stdout: str = "") -> Block:
    content = {"type": "code_execution_result", "stdout": stdout, "stderr": "", "return_code": 0, "content": []}
    return {"type": "code_execution_tool_result", "tool_use_id": "srvtoolu_1", "content": content}


RUN: Block = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "code_execution", "input": {"code": "stock()"}}
WRITES = Reply.block(RUN) + Reply.block(ran()) + Reply.text("Written.")


def asks(item: str, call_id: str) -> Reply:
    return Reply.block({"type": "tool_use", "id": call_id, "name": "stock", "input": {"item": item}, "caller": CALLER})


@tool(effect="read", allowed_callers=["direct", "code_execution_20260120"])
def stock(item: str) -> int:
    """How many of an item are left."""
    return {"tea": 3, "coffee": 9}[item]


SHOP = Agent("shop", model="claude-sonnet-5", tools=[stock, CODE], artifacts=False, retry=QUICK)


def containers(api: Simulator) -> list[Any]:
    return [request.get("container") for request in api.requests]


@pytest.mark.parametrize("streams", [False, True])
async def test_code_calls_a_tool_again_and_again_and_finds_its_container(streams: bool) -> None:
    replies = [
        Reply.block(RUN) + asks("tea", "toolu_1"),
        asks("coffee", "toolu_2") + asks("tea", "toolu_3"),
        Reply.block(ran("3 9")) + Reply.text("Three and nine."),
    ]
    with script(*replies) as api:
        if streams:
            async with SHOP.stream("What is left?") as run:
                async for _ in run:
                    pass
            result = run.result
        else:
            result = await SHOP.run("What is left?")
    assert result.output == "Three and nine."
    assert api.refusals == []
    first, *later = containers(api)
    assert first is None
    assert later == [later[0]] * 2
    assert later[0].startswith("container_")
    results = [block for request in api.requests for block in request["messages"][-1]["content"]][-2:]
    assert [(block["type"], block["content"]) for block in results] == [("tool_result", "9"), ("tool_result", "3")]


async def test_a_call_of_the_models_own_beside_code_that_waits() -> None:
    call = Reply.tool("stock", item="tea")
    with script(Reply.block(RUN) + call, Reply.block(ran()) + Reply.text("Three.")) as api:
        assert (await SHOP.run("What is left?")).output == "Three."
    assert containers(api)[1] is not None


async def test_a_paused_turn_goes_on_in_its_container_by_the_id_alone() -> None:
    skills = [{"type": "anthropic", "skill_id": "pptx"}]
    paused = (Reply.block(RUN) + Reply.block(ran())).replace(stop_reason="pause_turn")
    settings = Settings(extra={"container": {"skills": skills}})
    with script(paused, Reply.text("Done."), Reply.text("Yes.")) as api:
        chat = SHOP.conversation()
        assert (await chat.send("Make slides.", settings=settings)).ok
        assert (await chat.send("Sure?", settings=settings)).ok
    first, second, third = containers(api)
    assert first == {"skills": skills}
    assert third == {"id": second, "skills": skills}


def saved_and_loaded(chat: Conversation) -> Conversation:
    return SHOP.conversation(json.loads(json.dumps(chat.save())))


def of_another_agent(chat: Conversation) -> Conversation:
    return Agent("other", model="claude-opus-5", tools=[CODE]).conversation(json.loads(json.dumps(chat.save())))


@pytest.mark.parametrize("goes_on", [lambda chat: chat, saved_and_loaded, Conversation.fork, of_another_agent])
async def test_the_next_message_finds_the_files_of_the_one_before(
    goes_on: Callable[[Conversation], Conversation],
) -> None:
    with script(WRITES, Reply.text("It says 1.")) as api:
        chat = SHOP.conversation()
        result = await chat.send("Write a file.")
        assert result.ok
        assert (await goes_on(chat).send("Read it.")).ok
    assert containers(api)[0] is None
    assert containers(api)[1].startswith("container_")


async def test_the_settings_give_a_container_and_change_it() -> None:
    def given(name: str) -> Settings:
        return Settings(extra={"container": name})

    with script(*[Reply.text("Yes.")] * 2, WRITES.replace(container={"id": "c3"}), *[Reply.text("Yes.")] * 2) as api:
        chat = SHOP.conversation()
        for settings in (given("c1"), given("c1"), given("c2"), given("c2"), Settings()):
            assert (await chat.send("Hi", settings=settings)).ok
    assert containers(api) == ["c1", "c1", "c2", "c3", "c3"]


@pytest.mark.parametrize(
    "refusal",
    [
        Reply.failure(404, "not_found_error", "Container container_1 not found"),
        Reply.failure(400, "invalid_request_error", "container: Container container_1 has expired"),
    ],
)
async def test_a_container_that_is_gone_is_replaced_by_a_new_one_and_the_model_is_told(refusal: Reply) -> None:
    with script(WRITES, refusal, Reply.text("It is gone."), Reply.text("Yes.")) as api:
        chat = SHOP.conversation()
        assert (await chat.send("Write a file.")).ok
        result = await chat.send("Read it.")
        assert result.output == "It is gone."
        assert (await chat.send("Really?")).ok
    assert containers(api)[1] is not None
    assert containers(api)[2:] == [None, None]
    assert "new, empty one" in str(api.requests[2]["messages"][-1]["content"])
    assert api.requests[2]["messages"][: len(api.requests[1]["messages"])] == api.requests[1]["messages"]


async def test_a_suspended_container_that_the_api_fails_on_is_given_up() -> None:
    old = WRITES.replace(container={"id": "c1", "expires_at": "2026-01-01T00:00:00Z"})
    failure = Reply.failure(500, "api_error", "Internal server error")
    with script(old, failure, failure, Reply.text("Yes."), WRITES, failure, failure) as api:
        chat = SHOP.conversation()
        assert (await chat.send("Write.")).ok
        assert (await chat.send("Read.")).output == "Yes."
        assert (await chat.send("Write.")).ok
        assert (await chat.send("Read.")).outcome is Outcome.FAILED  # this one is in use: the failure is another
    assert containers(api)[3] is None
    assert containers(api)[-1] is not None


async def test_code_that_waits_in_a_container_that_is_gone_has_failed() -> None:
    gone = Reply.failure(404, "not_found_error", "Container not found")
    with script(Reply.block(RUN) + asks("tea", "toolu_1"), gone, Reply.text("I cannot say.")) as api:
        result = await SHOP.run("What is left?")
    assert result.output == "I cannot say."
    assert api.refusals == []
    closing, note = api.requests[-1]["messages"][-2:]
    assert closing["content"][0]["content"]["error_code"] == "unavailable"
    assert "new, empty one" in note["content"]


async def test_a_note_waits_until_code_has_its_results() -> None:
    agent = Agent("shop", model="claude-sonnet-5", tools=[stock, CODE], artifacts=False, max_turns=2)
    with script(Reply.block(RUN) + asks("tea", "toolu_1"), Reply.block(ran()) + Reply.text("Three.")) as api:
        result = await agent.run("What is left?")
    assert result.output == "Three."
    assert [block["type"] for block in api.requests[1]["messages"][-1]["content"]] == ["tool_result"]
    assert api.requests[1]["tool_choice"] == {"type": "none"}
    replies = (
        Reply.block(RUN) + asks("tea", "t1"),
        Reply.block(ran()) + Reply.tool("stock", item="tea"),
        Reply.text("3"),
    )
    with script(*replies) as api:
        limited = Agent("shop", model="claude-sonnet-5", tools=[stock, CODE], artifacts=False, max_turns=3)
        assert (await limited.run("What is left?", budget=Budget(max_requests=9))).output == "3"
    kinds = [block["type"] for block in api.requests[2]["messages"][-1]["content"]]
    assert kinds == ["tool_result", "text"]


async def test_a_new_message_ends_calls_that_the_api_has_not_finished() -> None:
    """The API takes neither a prompt beside the results that code waits for, nor one behind a paused search."""
    hangs = Reply.block({**RUN, "name": "web_search", "input": {"query": "tea"}}).replace(stop_reason="pause_turn")
    with script(Reply.block(RUN) + asks("tea", "t1"), Reply.text("Yes."), *[hangs] * 11, Reply.text("No.")) as api:
        chat = Agent("shop", model="claude-sonnet-5", tools=[stock, CODE], artifacts=False, max_turns=1).conversation()
        assert (await chat.send("What is left?")).outcome is Outcome.MAX_TURNS
        assert (await chat.send("Never mind. Are you there?")).output == "Yes."
        searching = Agent("searcher", model="claude-sonnet-5", tools=[SEARCH]).conversation()
        assert (await searching.send("What is tea?")).outcome is Outcome.PAUSED
        assert (await searching.send("Never mind?")).output == "No."
    assert api.refusals == []
    closing = [request["messages"][-2]["content"][0] for request in (api.requests[1], api.requests[-1])]
    assert [block["type"] for block in closing] == ["code_execution_tool_result", "web_search_tool_result"]


async def test_a_summary_by_the_server_is_requested_in_the_container() -> None:
    def answer(request: JSONObject) -> Reply:
        if request.get("compaction"):
            return Reply.text("They wrote a file.")
        if len(request["messages"]) == 1 and "Write" in str(request["messages"]):
            return WRITES
        is_compacted = "compaction" in str(request["messages"][0])
        return Reply.text("Yes.") if is_compacted else Reply.failure(400, "invalid_request_error", "prompt is too long")

    with script(answer) as api:
        chat = Agent("shop", model="claude-sonnet-5-5", tools=[CODE], retry=QUICK).conversation()
        assert (await chat.send("Write a file.")).ok
        assert (await chat.send("Read it.")).output == "Yes."
    assert containers(api)[0] is None
    assert set(containers(api)[1:]) == {containers(api)[1]} != {None}


def test_a_container_is_a_value() -> None:
    assert Container("c1") == Container("c1")
