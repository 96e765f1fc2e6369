"""Content beside tool results: in the same user message, behind the results, from tools and from middleware."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agentkit import Agent, CallTool, Content, Document, Image, RunContext, ToolError, ToolRun, UsageError, tool
from agentkit.messages.message import text_block
from agentkit.testing import Reply, script
from agentkit.tools.added_content import added_blocks
from tests.pictures import png
from tests.run.test_steps import Recording, Replaying

pytestmark = pytest.mark.anyio


@tool(effect="read", retries=1)
async def look(ctx: RunContext, word: str) -> str:
    """Look a word up."""
    ctx.add_content(f"{word}, attempt {ctx.attempt}", Image.of(png()))
    if word == "fail" or (word == "again" and ctx.attempt == 1):
        raise ToolError("No.", retryable=True)
    return word


async def note(call: ToolRun, next: CallTool) -> Content:
    """Say something about every call."""
    call.context.add_content("Be quick.")
    return await next(call)


async def test_it_stands_behind_all_results_in_the_order_of_the_calls() -> None:
    agent = Agent("a", model="claude-haiku-5-5", tools=[look], around_tool=[note], artifacts=False)
    calls = Reply.tool("look", word="again") + Reply.tool("look", word="fail") + Reply.tool("look", word="tea")
    recording = Recording()
    with script(calls, Reply.text("Done.")) as api:
        result = await agent.run("Go.", steps=recording, run_id="r")
    assert result.ok
    said = api.requests[1]["messages"][-1]["content"]
    assert [block["type"] for block in said] == ["tool_result"] * 3 + ["text", "text", "image"] * 2
    assert [block["text"] for block in said if block["type"] == "text"] == [
        "Be quick.", "again, attempt 2", "Be quick.", "tea, attempt 1"
    ]  # fmt: skip
    with script():
        assert (await agent.run("Go.", steps=Replaying(recording.journal), run_id="r")).messages == result.messages


def test_parts_become_blocks_and_anything_else_is_refused() -> None:
    upload = {"type": "container_upload", "file_id": "f1"}
    blocks = added_blocks(("Hi", " ", upload, Document("d1", "Tea.")))
    assert blocks[:2] == [text_block("Hi"), upload]
    assert blocks[2]["type"] == "document"
    wrong: Any
    for wrong in (5, {"x": 1}, None):
        with pytest.raises(UsageError, match="add_content takes text"):
            added_blocks((wrong,))
    assert json.dumps(blocks)
