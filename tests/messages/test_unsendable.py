"""What no request can carry is the caller's mistake, said in a sentence before anything is sent."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from agentkit import Agent, Brief, Document, Image, RunContext, UsageError, open_background, tool
from agentkit.messages.unsendable import find_unsendable
from agentkit.run.input import Part
from agentkit.testing import Reply, script
from tests.pictures import png

pytestmark = pytest.mark.anyio
MODEL = "claude-haiku-5-5"
HALF = "\ud83d"


@dataclass
class Order:
    item: str


@tool(effect="read")
def price(item: str) -> float:
    """Look up a price."""
    return 4.0


def test_half_a_character_and_what_is_no_json_are_found_at_any_depth() -> None:
    found = [find_unsendable(value) for value in (HALF, [{"type": "document", "title": HALF}], {"a": [{"b": HALF}]})]
    assert all(each is not None and "half of a surrogate pair" in each for each in found)
    for value in ([{"x": float("nan")}], [{"x": object()}], [{"source": {"data": HALF}}]):
        assert find_unsendable(value) is not None
    assert find_unsendable([Image.of(png(1, 1)).to_block(), {"type": "text", "text": "t\u00e9 \U0001f375"}]) is None


@pytest.mark.parametrize(
    "prompt",
    [
        HALF,
        [HALF],
        [Document("d", HALF)],
        [{"type": "text", "text": 5}],
        [{"type": "text", "text": object()}],
        [{"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "x"}, "x": float("nan")}],
    ],
)
async def test_a_prompt_that_no_request_can_carry_is_refused_and_the_conversation_goes_on(
    prompt: str | list[Part],
) -> None:
    chat = Agent("clerk", model=MODEL).conversation()
    with script(Reply.text("Hi.")) as api:
        with pytest.raises(UsageError, match=r"The prompt (has|holds)"):
            await chat.send(prompt)
        assert (await chat.send("Hi")).output == "Hi."
    assert len(api.requests) == 1


async def test_a_typed_input_and_what_render_gives_are_searched_too() -> None:
    with script(), pytest.raises(UsageError, match="The prompt holds"):
        await Agent("clerk", model=MODEL, input=Order).run(Order(HALF))
    with script(), pytest.raises(UsageError, match="What `render` gave holds"):
        await Agent("clerk", model=MODEL, input=Order, render=lambda order: order.item).run(Order(HALF))


async def test_a_brief_is_searched_too() -> None:
    async with open_background() as background:
        started = background.start(Agent("clerk", model=MODEL).as_tool(), Brief(objective=HALF))
        with pytest.raises(UsageError, match="The Brief holds"):
            await started.collect()


async def test_instructions_and_tools_are_searched_before_they_are_sent() -> None:
    def instructions(ctx: RunContext) -> str:
        return f"Help {HALF}."

    for broken in (
        Agent("clerk", model=MODEL, instructions=instructions),
        Agent("clerk", model=MODEL, tools=[tool(price.function, effect="read", description=HALF)]),
    ):
        with script(), pytest.raises(UsageError, match=r"Agent\('clerk', (instructions|tools)=...\): they hold"):
            await broken.run("Hi")


async def test_a_document_that_a_tool_adds_is_cleaned_as_its_result_is() -> None:
    @tool(effect="read")
    def look(ctx: RunContext) -> str:
        """Look."""
        ctx.add_content(Document("d", HALF))
        return HALF

    with script(Reply.tool("look"), Reply.text("Seen.")) as api:
        assert (await Agent("clerk", model=MODEL, tools=[look]).run("Look")).output == "Seen."
    assert api.requests[1]["messages"][-1]["content"][1]["source"]["data"] == "\ufffd"


async def test_a_cache_marker_that_is_none_is_left_to_the_api_to_refuse() -> None:
    marked = {"type": "text", "text": "x", "cache_control": 5}

    @tool(effect="read")
    def look(ctx: RunContext) -> str:
        """Look."""
        ctx.add_content(marked)
        return "Seen."

    chat = Agent("clerk", model=MODEL, tools=[look]).conversation()
    with script(Reply.tool("look"), Reply.text("Done.")):
        assert (await chat.send([marked])).outcome == "failed"
        assert (await chat.send("Look")).output == "Done."
