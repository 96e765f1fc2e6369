"""Fields that the API adds to a reply: its container, the callers, the stop sequence, the edits of the prompt."""

from __future__ import annotations

from typing import Any

import pytest

from agentkit.messages.message import Block, JSONObject
from agentkit.simulator import Reply, Script, Simulator
from tests.simulator.bodies import HI, TOOL
from tests.simulator.bodies_by_code import BY_CODE, CODE, CODE_CALL, RAN, RUN, WAITS

pytestmark = pytest.mark.anyio
EDITED = {"type": "clear_tool_uses_20250919", "cleared_tool_uses": 4, "cleared_input_tokens": 5000}


async def answered(reply: Reply, *, betas: list[str] | None = None, **fields: Any) -> tuple[JSONObject, JSONObject]:
    """The reply as one message, and the same streamed: what its start and its end say together."""
    client = Simulator(Script(reply, reply)).client()
    asked: Any = {"model": "claude-sonnet-5", "max_tokens": 99, "messages": [HI], "betas": betas or [], **fields}
    whole = (await client.beta.messages.create(**asked)).to_dict()
    parts: list[JSONObject] = [
        event.to_dict() async for event in await client.beta.messages.create(**asked, stream=True)
    ]
    end = parts[-2]
    started = [part["content_block"] for part in parts if part["type"] == "content_block_start"]
    more = {name: end[name] for name in ("context_management",) if name in end}
    return whole, {**end["delta"], "content": started, "usage": parts[0]["message"]["usage"], **more}


async def test_code_that_ran_names_its_container() -> None:
    reply = Reply.block(RUN) + Reply.block(RAN) + Reply.text("Done.")
    for shown in await answered(reply, tools=[CODE]):
        assert shown["container"]["id"].startswith("container_")
        assert shown["container"]["expires_at"]
    for shown in await answered(reply, tools=[CODE], container="container_5"):
        assert shown["container"]["id"] == "container_5"
    for shown in await answered(reply.replace(container={"id": "container_7"}), tools=[CODE], container="container_5"):
        assert shown["container"]["id"] == "container_7"
    for shown in await answered(Reply.text("Hi."), tools=[CODE], container="container_5"):
        assert "container" not in shown


async def test_a_call_says_who_made_it_where_code_may_call_tools() -> None:
    call: Block = {key: value for key, value in CODE_CALL.items() if key != "caller"}
    for shown in await answered(Reply.block(call), tools=[CODE, TOOL]):
        assert shown["content"][0]["caller"] == {"type": "direct"}
    for shown in await answered(Reply.block(CODE_CALL), tools=[CODE, BY_CODE], messages=[*WAITS], container="c1"):
        assert shown["content"][0]["caller"] == CODE_CALL["caller"]
        assert shown["container"]["id"] == "c1"
    for shown in await answered(Reply.block(call), tools=[TOOL]):
        assert "caller" not in shown["content"][0]


async def test_a_text_ends_at_the_first_stop_sequence() -> None:
    reply = Reply.text("One, two. ") + Reply.text("Three END STOP four") + Reply.tool("find")
    whole, _ = await answered(reply, stop_sequences=["STOP", "END"], tools=[TOOL])
    assert [block["text"] for block in whole["content"]] == ["One, two. ", "Three "]
    for shown in await answered(reply, stop_sequences=["STOP", "END"], tools=[TOOL]):
        assert (shown["stop_reason"], shown["stop_sequence"]) == ("stop_sequence", "END")
    for shown in await answered(Reply.text("END"), stop_sequences=["END"]):
        assert shown["content"] == []
    for shown in await answered(Reply.text("x"), stop_sequences=["END"]):
        assert (shown["stop_reason"], shown["stop_sequence"]) == ("end_turn", None)
    for shown in await answered(Reply.text("x").replace(stop_reason="stop_sequence", stop_sequence="Y")):
        assert shown["stop_sequence"] == "Y"


async def test_edits_of_the_prompt_are_named_where_they_were_asked_for() -> None:
    reply = Reply.text("Hi.").replace(applied_edits=[EDITED])
    management = {"edits": [{"type": "clear_tool_uses_20250919"}]}
    beta = ["context-management-2025-06-27"]
    for shown in await answered(reply, context_management=management, betas=beta):
        assert shown["context_management"] == {"applied_edits": [EDITED]}
    for shown in await answered(Reply.text("Hi."), context_management=management, betas=beta):
        assert shown["context_management"] == {"applied_edits": []}
    for shown in await answered(reply):
        assert shown.get("context_management") is None


async def test_the_tier_is_named() -> None:
    for shown in await answered(Reply.text("Hi."), service_tier="auto"):
        assert shown["usage"]["service_tier"] == "standard"
