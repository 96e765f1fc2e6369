"""Examples as a value: order, copies, sections, and agents of every kind that have them."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import random
from functools import reduce
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentkit import Agent, Image
from agentkit.errors import UsageError
from agentkit.patterns import Demonstration, Examples
from agentkit.testing import Reply, script
from tests.pictures import png


@given(st.lists(st.text("ab \n<>", min_size=1, max_size=6)), st.randoms(use_true_random=False))
def test_the_same_examples_in_any_order_are_the_same_bytes(texts: list[str], order: random.Random) -> None:
    kept = [text for text in texts if text.strip()]
    mixed = [*kept, *kept[:2]]
    order.shuffle(mixed)
    one, other = Examples(kept), Examples(mixed)
    assert (one, str(one), one.messages(), one.tokens) == (other, str(other), other.messages(), other.tokens)
    assert hash(one) == hash(other)
    assert pickle.loads(pickle.dumps(one)) == copy.deepcopy(one) == one


def test_an_example_given_twice_has_one_name_whatever_the_order() -> None:
    twice = [Demonstration("On tea", name="b.md"), Demonstration("On tea", name="a.md")]
    assert [one.name for one in Examples(twice)] == [one.name for one in Examples(twice[::-1])] == ["a.md"]


def test_examples_cannot_be_changed() -> None:
    examples = Examples(["On tea"])
    with pytest.raises(dataclasses.FrozenInstanceError):
        examples.items = ()  # type: ignore[misc]
    examples.select("On cups")
    assert pickle.loads(pickle.dumps(examples)).select("On cups") == examples.select("On cups")
    assert repr(examples) == f"<Examples: 1, about {examples.tokens} tokens, 0 gaps>"
    assert 3_000 < Examples([(Image.of(png(1, 1)), "A dot")]).tokens < 3_100


@pytest.mark.parametrize("bad", ["essays", {"a": "b"}, b"x", 4])
def test_what_is_no_list_of_examples_is_refused(bad: object) -> None:
    with pytest.raises(UsageError, match=r"Examples\.load"):
        Examples(bad)  # type: ignore[arg-type]


@pytest.mark.parametrize("pair", [["question", "answer"], [{"n": 1}, "b"], {"input": "a", "output": "b"}])
def test_a_pair_as_json_has_it_is_refused_rather_than_shown_as_one_text(pair: object) -> None:
    with pytest.raises(UsageError, match=r"reads like a pair, which is a tuple here"):
        Examples(["a text", pair])
    others = [["a"], ["a", "b", "c"], {"input": "a", "output": "b", "by": "c"}]
    assert len(Examples([*others, ("which?", pair)])) == 4


def test_long_texts_are_cut_into_sections_and_pairs_stay_whole() -> None:
    book = "\n".join(f"# Dish {n}\n\n{'Stir well and taste. ' * 20}\n" for n in range(30))
    examples = Examples([Demonstration(book, name="book.md"), ("Talk " * 900, "Essay")])
    sections = examples.sections(300)
    assert len(sections) > 10
    assert {one.name.split(",")[0] for one in sections} == {"book.md", ""}
    assert all(one.input or Examples([one]).tokens < 400 for one in sections)
    assert sections == examples.sections(300)
    chosen = sections.select("Write dish 17", tokens=900)
    assert chosen.tokens <= 900
    assert "Dish 17" in str(chosen)
    assert Examples(["short"]).sections(300) == Examples(["short"])
    for wrong in (0, -1, 2.5, None, True):
        with pytest.raises(UsageError, match=r"sections\(.*\): it takes a whole number of tokens"):
            examples.sections(cast("Any", wrong))


def test_a_value_that_is_nested_too_deep_is_refused() -> None:
    deep = reduce(lambda inner, _: [inner], range(5_000), cast("Any", 1))
    for each in (deep, ("a question", deep), (deep, "an answer")):
        with pytest.raises(UsageError, match="which has no JSON form"):
            Examples([each])


@pytest.mark.anyio
async def test_an_agent_has_them_in_its_instructions_wherever_it_runs() -> None:
    examples = Examples([f"Essay {n}: {'tea ' * 400}" for n in range(12)])
    writer = Agent("writer", model="claude-opus-5-5", instructions=f"You write essays.\n\n{examples}")
    lead = Agent("lead", model="claude-opus-5-5", tools=[writer.as_tool(description="Writes.")])
    with script(lambda _: Reply.text("Essay")) as api:
        results = await writer.map(["One", "Two"], concurrency=1)
        await writer.run("Three")
    assert {str(request["system"]) for request in api.requests} == {str(api.requests[0]["system"])}
    assert api.requests[0]["system"][-1]["cache_control"] == {"type": "ephemeral"}
    usage = results[1].result.usage  # type: ignore[union-attr]
    assert usage.cache_read_tokens > 4_000
    with script(Reply.tool("writer", objective="Four"), Reply.text("Essay"), Reply.text("Done")) as api:
        assert (await lead.run("Go")).ok
    assert str(examples) in str(api.requests[1]["system"]).replace("\\n", "\n")
