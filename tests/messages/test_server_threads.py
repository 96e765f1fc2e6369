"""Message threads: what is new is sent alone, and wherever the server may not hold the rest, everything is."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import pairwise

import anthropic
import anyio
import httpx2
import pytest

from agentkit import Agent, Budget, Outcome, Retry, Settings, TurnReset, tool
from agentkit.messages.message import AssistantTurn, JSONObject, user
from agentkit.messages.server_threads import THREADS_BETA, ServerThread
from agentkit.run.middleware import CallModel, ModelCall
from agentkit.simulator import Reply, Script
from agentkit.simulator.rules.refusal import Refusal, coded_refusal
from tests.messages.thread_server import Server, goes_on, playing

pytestmark = pytest.mark.anyio

OPUS, SONNET = "claude-opus-5-5", "claude-sonnet-5-5"
LOOK = Reply.tool("look", at="the shelf")
DONE = Reply.text("Done.")
FULL = Reply.text("And so").replace(stop_reason="model_context_window_exceeded")
CREATE = {"type": "create"}
CODES = (
    *("thread_not_found", "thread_already_continued", "thread_continue_in_flight", "thread_fingerprint_mismatch"),
    *("thread_unsupported_request", "thread_of_a_later_year"),
)


@tool(effect="read")
async def look(at: str) -> str:
    """Look at something."""
    return f"{at}: " + "fine, " * 400


AGENT: Agent[None, str, str] = Agent(
    "a",
    model=OPUS,
    instructions="Be brief. " * 20,
    tools=[look],
    retry=Retry(first_wait_s=0.001),
    settings=Settings(thread=True),
)


@asynccontextmanager
async def reached(server: Server, way: str) -> AsyncGenerator[anthropic.AsyncAnthropic]:
    if way == "in process":
        yield server.client()
        return
    async with server.serve() as url, anthropic.AsyncAnthropic(api_key="k", base_url=url) as client:
        yield client


class TestGoingOn:
    """Only what the server does not have is sent."""

    @pytest.mark.parametrize("way", ["in process", "HTTP"])
    async def test_ten_turns_upload_their_tails_alone(self, way: str) -> None:
        whole: list[bytes] = []

        async def see(call: ModelCall, go_on: CallModel) -> AssistantTurn:
            whole.append(call.request.to_bytes())
            return await go_on(call)

        server = playing(*[LOOK] * 9, DONE)
        async with reached(server, way) as client:
            result = await replace(AGENT, around_model=[see]).run("Go.", client=client)
        assert result.output == "Done."
        first, *later = server.came
        assert first["thread"] == CREATE
        assert first["system"] == AGENT.instructions
        for body in later:
            assert body.keys() == {"messages", "model", "max_tokens", "stream", "thread"}
            assert [message["role"] for message in body["messages"]] == ["user"]
        previous = [body["thread"]["previous_message_id"] for body in later]
        assert len(set(previous)) == 9
        assert max(map(len, server.bodies[1:])) < len(whole[-1]) / 8
        server.check()
        # Law 10, for what would be sent if the server did not have it.
        heads = [body[: body.rindex(b'],"model":')] for body in whole]
        assert all(after.startswith(before) for before, after in pairwise(heads))
        assert [json.loads(body)["messages"] for body in whole] == [request["messages"] for request in server.requests]
        assert server.refusals == []

    async def test_the_next_message_of_a_conversation_is_sent_alone(self) -> None:
        server = playing(LOOK, DONE, Reply.text("Yes."))
        chat = AGENT.conversation()
        await chat.send("Go.", client=server.client())
        await chat.send("Sure?", client=server.client())
        assert server.threads == ["create", "continue", "continue"]
        assert server.came[-1]["messages"] == [{"role": "user", "content": "Sure?"}]
        server.check()

    async def test_a_turn_that_paused_goes_on_without_a_message(self) -> None:
        search = Reply.block({"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {}})
        server = playing(search.replace(stop_reason="pause_turn"), DONE)
        assert (await AGENT.run("Go.", client=server.client())).output == "Done."
        assert server.threads == ["create", "continue"]
        assert server.came[1]["messages"] == []

    async def test_a_saved_conversation_is_sent_whole_once(self) -> None:
        server = playing(DONE, DONE, LOOK, DONE)
        chat = AGENT.conversation()
        await chat.send("Go.", client=server.client())
        again = AGENT.conversation(json.loads(json.dumps(chat.save())))
        await again.send("And?", client=server.client())
        await again.send("And now?", client=server.client())
        assert server.threads == ["create", "create", "continue", "continue"]
        assert len(server.came[1]["messages"]) == 3

    async def test_the_users_own_betas_stay(self) -> None:
        betas: list[str] = []

        async def note(request: httpx2.Request) -> None:
            betas.append(request.headers["anthropic-beta"])

        server = playing(DONE)
        client = server.client()
        client._client.event_hooks["request"].append(note)
        await AGENT.run("Go.", client=client, settings=Settings(thread=True, betas=("own-1", THREADS_BETA)))
        assert betas == [f"own-1,{THREADS_BETA}"]


class TestNotGoingOn:
    """Where the server may not hold what was said, the conversation is sent whole, and a new thread begins."""

    @pytest.mark.parametrize("code", CODES)
    async def test_a_thread_that_is_refused_is_replaced(self, code: str) -> None:
        def refuse(body: JSONObject) -> Refusal | None:
            status = 404 if code == "thread_not_found" else 400
            return coded_refusal(code, "No.", status=status) if goes_on(body) and len(server.came) == 3 else None

        server = playing(LOOK, LOOK, LOOK, DONE, refuses=refuse)
        async with AGENT.stream("Go.", client=server.client()) as run:
            resets = [event async for event in run if isinstance(event, TurnReset)]
        assert run.result.output == "Done."
        assert server.threads == ["create", "continue", "continue", "create", "continue"]
        assert [(reset.turn, reset.attempt, reset.wait_s) for reset in resets] == [(3, 2, 0.0)]
        server.check()

    async def test_another_server_does_not_have_it(self) -> None:
        one, other = playing(DONE), playing(DONE, DONE)
        chat = AGENT.conversation()
        await chat.send("Go.", client=one.client())
        for _ in range(2):
            assert (await chat.send("And?", client=other.client())).ok
        assert other.threads == ["continue", "create", "continue"]

    @pytest.mark.parametrize(
        "text", ["thread: Extra inputs are not permitted", f"Unexpected value(s) `{THREADS_BETA}`"]
    )
    async def test_a_server_that_knows_no_threads_is_asked_once_in_a_conversation(self, text: str) -> None:
        def refuse(body: JSONObject) -> Refusal | None:
            return Refusal(400, "invalid_request_error", text) if "thread" in body else None

        server = playing(LOOK, DONE, DONE, refuses=refuse)
        chat = AGENT.conversation()
        for prompt in ("Go.", "And?"):
            assert (await chat.send(prompt, client=server.client())).output == "Done."
        assert server.threads == ["create", "none", "none", "none"]
        assert server.came[-1]["cache_control"] == {"type": "ephemeral"}
        server.check()

    async def test_a_server_that_never_holds_what_it_was_given_is_asked_twice(self) -> None:
        def refuse(body: JSONObject) -> Refusal | None:
            return coded_refusal("thread_not_found", "No.", status=404) if goes_on(body) else None

        server = playing(*[LOOK] * 4, DONE, refuses=refuse)
        assert (await AGENT.run("Go.", client=server.client())).output == "Done."
        assert server.threads == ["create", "continue", "create", "continue", "none", "none", "none"]

    async def test_whatever_a_server_refuses_it_is_not_asked_for_ever(self) -> None:
        server = playing(refuses=lambda body: coded_refusal("thread_not_found", "No.", status=404))
        result = await AGENT.run("Go.", client=server.client())
        assert result.outcome is Outcome.FAILED
        assert server.threads == ["create", "none"]

    async def test_a_refused_thread_counts_in_a_budget(self) -> None:
        def refuse(body: JSONObject) -> Refusal | None:
            return coded_refusal("thread_not_found", "No.", status=404) if goes_on(body) else None

        server = playing(LOOK, DONE, refuses=refuse)
        result = await AGENT.run("Go.", client=server.client(), budget=Budget(max_requests=3, max_cost_usd=5))
        assert len(server.came) == 3
        assert result.output == "Done."

    @pytest.mark.parametrize("fault", ["cut:0", "cut:150", "cut:400", "error_event:2"])
    async def test_a_reply_that_broke_off_may_be_held_so_the_conversation_is_sent_whole(self, fault: str) -> None:
        server = playing(LOOK, LOOK, DONE, faults=(None, fault))
        assert (await AGENT.run("Go.", client=server.client())).output == "Done."
        assert server.threads == ["create", "continue", "create", "continue"]
        assert server.refusals == []

    @pytest.mark.parametrize("fault", ["status:529", "drop"])
    async def test_where_no_reply_began_the_same_is_sent_again(self, fault: str) -> None:
        server = playing(LOOK, DONE, faults=(None, fault))
        assert (await AGENT.run("Go.", client=server.client())).output == "Done."
        assert server.threads == ["create", "continue", "continue"]
        assert server.bodies[1] == server.bodies[2]

    @pytest.mark.parametrize("dropped", [LOOK.replace(stop_reason="max_tokens"), FULL, Reply.refusal("No.")])
    async def test_after_a_turn_that_is_dropped_the_conversation_is_sent_whole(self, dropped: Reply) -> None:
        summary = [Reply.text("They looked.")] if dropped is FULL else []
        server = playing(LOOK, dropped, *summary, LOOK, DONE)
        agent = replace(AGENT, fallback=SONNET)
        assert (await agent.run("Go.", client=server.client())).output == "Done."
        between = ["none"] * len(summary)
        assert server.threads == ["create", "continue", *between, "create", "continue"]
        assert "previous_message_id" not in server.came[-2]["thread"]

    async def test_after_a_call_that_does_not_go_back_as_it_came_the_conversation_is_sent_whole(self) -> None:
        server = playing(Reply.tool_text("look", "[3]"), LOOK, DONE)
        assert (await AGENT.run("Go.", client=server.client())).output == "Done."
        assert server.threads == ["create", "create", "continue"]

    async def test_after_a_cancel_the_conversation_is_sent_whole(self) -> None:
        began, chat = anyio.Event(), AGENT.conversation()

        async def answer(request: JSONObject) -> Reply:
            if len(request["messages"]) == 3:
                began.set()
                await anyio.sleep_forever()
            return DONE

        server = Server(Script(answer))
        await chat.send("Go.", client=server.client())
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(lambda: chat.send("And?", client=server.client()))
            await began.wait()
            tasks.cancel_scope.cancel()
        assert (await chat.send("Again.", client=server.client())).output == "Done."
        assert server.threads == ["create", "continue", "create"]

    async def test_another_model_gets_the_conversation_whole(self) -> None:
        server = playing(Reply.thinking("Hm.") + DONE, DONE, DONE)
        chat = AGENT.conversation()
        for model in (OPUS, SONNET, SONNET):
            await chat.send("Go.", client=server.client(), model=model)
        assert server.threads == ["create", "create", "continue"]

    async def test_settings_without_it_end_the_thread(self) -> None:
        server = playing(DONE, DONE, DONE)
        chat = AGENT.conversation()
        for is_on in (True, False, True):
            await chat.send("Go.", client=server.client(), settings=Settings(thread=is_on))
        assert server.threads == ["create", "none", "create"]


class TestMiddleware:
    """What a middleware has changed, the server does not hold."""

    async def test_a_conversation_whose_messages_it_changes_is_sent_whole(self) -> None:
        async def note(call: ModelCall, go_on: CallModel) -> AssistantTurn:
            messages = (user("Today is a holiday."), *call.request.messages)
            return await go_on(replace(call, request=replace(call.request, messages=messages)))

        server = playing(LOOK, DONE)
        await replace(AGENT, around_model=[note]).run("Go.", client=server.client())
        assert server.threads == ["none", "none"]
        assert [len(request["messages"]) for request in server.requests] == [2, 4]

    async def test_so_is_one_whose_replies_it_changes(self) -> None:
        async def note(call: ModelCall, go_on: CallModel) -> AssistantTurn:
            return replace(await go_on(call))

        server = playing(LOOK, DONE)
        await replace(AGENT, around_model=[note]).run("Go.", client=server.client())
        assert server.threads == ["create", "none"]

    async def test_one_that_asks_twice_is_answered_twice(self) -> None:
        async def ask_twice(call: ModelCall, go_on: CallModel) -> AssistantTurn:
            await go_on(call)
            return await go_on(call)

        server = Server(Script(lambda request: DONE if len(request["messages"]) > 2 else LOOK))
        result = await replace(AGENT, around_model=[ask_twice]).run("Go.", client=server.client())
        assert result.output == "Done."
        assert server.threads == ["create", "create", "continue", "continue", "create"]


def test_a_new_thread_that_took_the_place_of_another_is_given_up_until_it_has_been_of_use() -> None:
    lost = ServerThread("msg_1", 2).after_refusal()
    assert lost == ServerThread(is_second=True)
    assert ServerThread().after_refusal() is None
    second = lost.with_reply("msg_2", 4)
    assert second.after_refusal() is None
    assert second.with_reply("msg_3", 6) == ServerThread("msg_3", 6)
