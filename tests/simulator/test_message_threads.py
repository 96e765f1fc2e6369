"""Message threads: the server holds the conversation, each reply is continued once, what may not change may not."""

from __future__ import annotations

from typing import Any

import anthropic
import anyio
import pytest

from agentkit.messages.message import JSONObject
from agentkit.simulator import Reply, Script, Simulator
from tests.simulator.bodies import CALL, HI, MARK, RESULT, TOOL

pytestmark = pytest.mark.anyio

BETA = "message-threads-2026-08-12"
BASE: dict[str, Any] = {"model": "claude-opus-5-5", "max_tokens": 100, "betas": [BETA]}
CREATE: Any = {"type": "create"}


def counting() -> Simulator:
    return Simulator(Script(lambda request: Reply.text(f"{len(request['messages'])} messages.")))


def going_on(message_id: str) -> Any:
    return {"type": "continue", "previous_message_id": message_id}


async def test_a_thread_goes_on_with_the_new_messages_alone() -> None:
    simulator = counting()
    create: Any = simulator.client().beta.messages.create
    first = await create(**BASE, messages=[HI], system="Be brief.", tools=[TOOL], thread=CREATE)
    second = await create(**BASE, messages=[HI], thread=going_on(first.id))
    assert second.content[0].text == "3 messages."
    whole = simulator.requests[1]
    assert [message["role"] for message in whole["messages"]] == ["user", "assistant", "user"]
    assert (whole["system"], whole["tools"]) == ("Be brief.", [TOOL])


async def test_calls_are_answered_across_requests_and_a_pause_goes_on_without_messages() -> None:
    search = Reply.block({"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {}})
    paused = search.replace(stop_reason="pause_turn")
    simulator = Simulator(Script(Reply.block({**CALL}), paused, Reply.text("Done.")))
    create: Any = simulator.client().beta.messages.create
    first = await create(**BASE, messages=[HI], tools=[TOOL], thread=CREATE)
    second = await create(**BASE, messages=[{"role": "user", "content": [RESULT]}], thread=going_on(first.id))
    third = await create(**BASE, messages=[], thread=going_on(second.id))
    assert third.stop_reason == "end_turn"
    assert simulator.refusals == []


async def refused(simulator: Simulator, **fields: Any) -> tuple[int, str, JSONObject]:
    with pytest.raises(anthropic.APIStatusError) as caught:
        await simulator.client().beta.messages.create(**{**BASE, "messages": [HI], **fields})
    details: Any = caught.value.details
    return caught.value.status_code, str(caught.value.api_message), details.to_dict() if details else {}


async def test_what_is_wrong_with_a_thread_has_a_code() -> None:
    simulator = counting()
    create: Any = simulator.client().beta.messages.create
    first = await create(**BASE, messages=[HI], system="Be brief.", thread=CREATE)
    status, _, details = await refused(simulator, thread=going_on("msg_lost"))
    assert (status, details["error_code"]) == (404, "thread_not_found")
    status, text, details = await refused(simulator, thread=going_on(first.id), system="Be long.")
    assert (status, details["error_code"]) == (400, "thread_fingerprint_mismatch")
    assert text.endswith("created: system")
    status, _, details = await refused(simulator, thread=CREATE, cache_control=MARK["cache_control"])
    assert (status, details) == (
        400,
        {"error_code": "thread_unsupported_request", "unsupported": ["cache_control"]},
    )
    await create(**BASE, messages=[HI], thread=going_on(first.id))
    status, _, details = await refused(simulator, thread=going_on(first.id))
    assert (status, details["error_code"]) == (400, "thread_already_continued")
    assert (await refused(simulator, thread=CREATE, betas=[]))[1] == "thread: Extra inputs are not permitted"
    assert (await refused(simulator, thread={"type": "continue"}))[0] == 400


async def test_a_reply_is_continued_by_one_request_at_a_time() -> None:
    began, may_end = anyio.Event(), anyio.Event()

    async def slow(request: JSONObject) -> Reply:
        if len(request["messages"]) > 1:
            began.set()
            await may_end.wait()
        return Reply.text("Yes.")

    simulator = Simulator(Script(slow))
    create: Any = simulator.client().beta.messages.create
    first = await create(**BASE, messages=[HI], thread=CREATE)

    async def go_on() -> None:
        await create(**BASE, messages=[HI], thread=going_on(first.id))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(go_on)
        await began.wait()
        _, _, details = await refused(simulator, thread=going_on(first.id))
        assert details["error_code"] == "thread_continue_in_flight"
        may_end.set()


async def test_a_request_that_failed_can_be_sent_again() -> None:
    simulator = Simulator(Script(Reply.text("One."), Reply.text("Two.")), faults=[None, "status:529"])
    create: Any = simulator.client().beta.messages.create
    first = await create(**BASE, messages=[HI], thread=CREATE)
    with pytest.raises(anthropic.APIStatusError):
        await create(**BASE, messages=[HI], thread=going_on(first.id))
    assert (await create(**BASE, messages=[HI], thread=going_on(first.id))).content
