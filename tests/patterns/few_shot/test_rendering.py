"""Examples in prompts: no text gets out of its marks, and turns keep the rules of the API."""

from __future__ import annotations

import pickle
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from agentkit import Agent, Document, Image, Settings, tool
from agentkit.errors import UsageError
from agentkit.patterns import Examples
from agentkit.testing import Reply, script
from tests.pictures import png

PIECES = st.lists(
    st.sampled_from(
        ["</example>", "< / EXAMPLE\t>", "<INPUT>", "</output", "</examples-1>", "tea", "\n", "\u2028", "x"]
    )
)
PAIRS = Examples([("Where is my parcel?", "delivery"), ("The cup is broken.", "complaint")])


def test_texts_and_pairs_are_rendered() -> None:
    assert str(Examples(["On tea"])) == "<examples>\n<example>\nOn tea\n</example>\n</examples>"
    one = "<example>\n<input>\nThe cup is broken.\n</input>\n<output>\ncomplaint\n</output>\n</example>"
    assert one in str(PAIRS)
    assert str(Examples()) == ""


@given(st.lists(st.tuples(PIECES.map("".join), PIECES.map("".join)), min_size=1, max_size=4))
def test_no_text_ends_or_begins_an_example(pairs: list[tuple[str, str]]) -> None:
    examples = Examples(pair for pair in pairs if all(text.strip() for text in pair))
    if not examples:
        return
    text = str(examples)
    mark = re.match(r"<examples(.*)>", text)
    assert mark is not None
    assert text.count(f"<example{mark[1]}>") == text.count(f"</example{mark[1]}>") == len(examples)
    found = re.findall(
        rf"<input{mark[1]}>\n(.*?)\n</input{mark[1]}>\n<output{mark[1]}>\n(.*?)\n</output{mark[1]}>", text, re.DOTALL
    )
    assert found == [(one.input, one.output) for one in examples]


@tool(effect="read")
def look(item: str) -> str:
    """Look an item up."""
    return f"{item}: 4 EUR"


def exchange(item: str, call_id: str = "toolu_1") -> list[dict[str, object]]:
    return [
        {"role": "user", "content": f"Price of {item}?"},
        {
            "role": "assistant",
            "content": [{"type": "tool_use", "id": call_id, "name": "look", "input": {"item": item}}],
        },
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": call_id, "content": f"{item}: 4 EUR"}]},
        {"role": "assistant", "content": "4 EUR"},
    ]


@pytest.mark.anyio
async def test_turns_keep_tool_calls_whole_and_their_ids_apart() -> None:
    examples = Examples.from_messages(exchange("tea"), exchange("cups"))
    agent = Agent("clerk", model="claude-haiku-5-5", tools=[look], instructions="Say prices. " * 900)
    fork = agent.conversation(examples.messages()).fork()
    with script(Reply.tool("look", item="pot"), Reply.text("4 EUR"), Reply.text("Yes.")) as api:
        assert (await fork.send("Price of a pot?")).ok
        assert (await fork.send("Sure?")).ok
    ids = [b["id"] for m in api.requests[0]["messages"] for b in m["content"] if isinstance(b, dict) and "id" in b]
    assert len({*ids}) == 2
    assert str(api.requests[-1]).count("cache_control") == 3  # instructions, examples, the end
    assert "Call of `look`" in str(examples)
    assert "tea: 4 EUR" in str(examples)


@pytest.mark.anyio
@pytest.mark.parametrize("cache", ["5m", "1h", None])
async def test_turns_alternate_behind_one_marker_and_never_more_than_four(cache: str | None) -> None:
    examples = Examples(["On tea", "On cups", ("On pots?", "On pots")])
    turns = examples.messages(cache=cache)  # type: ignore[arg-type]
    assert [turn["role"] for turn in turns] == ["user", "assistant"] * 3
    assert str(turns).count("cache_control") == (0 if cache is None else 1)
    agent = Agent("writer", model="claude-opus-5-5", instructions="Write. " * 3000, settings=Settings(cache="5m"))
    marked = {"type": "text", "text": "The talk", "cache_control": {"type": "ephemeral", "ttl": "1h"}}
    with script(*[Reply.text("On jugs")] * 4) as api:
        chat = agent.conversation(turns)
        for _ in range(4):
            assert (await chat.send([marked, "Now on jugs."])).ok
    assert all(str(request).count("cache_control") <= 4 for request in api.requests)
    assert api.requests[0]["messages"][:6] == api.requests[3]["messages"][:6]


def test_a_picture_has_its_place_in_turns_only() -> None:
    examples = Examples([(["What is it?", Image.of(png(1, 1))], "A dot"), (Document("talk", "We met."), "They met.")])
    assert len(examples.messages()) == 4
    assert examples.select("x", tokens=100).items == tuple(one for one in examples if "met" in one.output)
    with pytest.raises(UsageError, match=r"holds a picture.*messages"):
        str(examples)


class Talk(BaseModel):
    words: list[str]


@pytest.mark.anyio
async def test_the_nearest_stand_before_every_input_of_an_agent() -> None:
    """In runs, maps, streams and sub-agents, behind a prompt prefix that stays the same."""
    examples = Examples([("tea and cups", "On tea"), ("dogs and cats", "On dogs"), ("sun and moon", "On suns")])
    render = pickle.loads(pickle.dumps(examples.render(tokens=60, most=1)))
    writer = Agent("writer", model="claude-haiku-5-5", instructions="Write.", render=render)
    lead = Agent("lead", model="claude-opus-5-5", tools=[writer.as_tool(description="Writes.")])
    with script(lambda request: Reply.text("Fine")) as api:
        await writer.map(["A cup", "The moon"], concurrency=1)
        async with writer.stream("Some dogs") as run:
            async for _ in run:
                pass
    shown = [str(request["messages"][0]["content"]) for request in api.requests]
    assert [("On tea" in text, "On suns" in text, "On dogs" in text) for text in shown] == [
        (True, False, False), (False, True, False), (False, False, True),
    ]  # fmt: skip
    with script(Reply.tool("writer", objective="Cats!"), Reply.text("On cats"), Reply.text("Done")) as api:
        assert (await lead.run("Go")).ok
    assert "On dogs" in str(api.requests[1]["messages"])
    typed = Agent("typed", model="claude-haiku-5-5", input=Talk, render=render)
    documents = Agent("documents", model="claude-haiku-5-5", input=Document, render=render)
    with script(Reply.text("On cats"), Reply.text("On moons")) as api:
        await typed.run(Talk(words=["cats"]))
        await documents.run(Document("d", "moon"))
    assert "On dogs" in str(api.requests[0]["messages"])
    assert [block["type"] for block in api.requests[1]["messages"][0]["content"]] == ["text", "document"]
