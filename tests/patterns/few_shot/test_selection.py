"""Selected examples: near, within the limit, never the text itself, quick among ten thousand."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentkit import Document
from agentkit.errors import UsageError
from agentkit.patterns import Examples
from agentkit.patterns.texts import text_key

REPLY = {"role": "assistant", "content": "They met."}
WORDS = ("tea", "cup", "pot", "dog", "sun", "</example>", "\u8336", "Ende")
TEXTS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=12).map(" ".join)


@settings(max_examples=60)
@given(
    st.lists(st.one_of(TEXTS, st.tuples(TEXTS, TEXTS)), max_size=12, unique=True),
    TEXTS,
    st.one_of(st.none(), st.integers(1, 200)),
    st.one_of(st.none(), st.integers(1, 5)),
    st.randoms(use_true_random=False),
)
def test_a_selection_keeps_its_limits_and_never_holds_the_text_itself(
    items: list[str | tuple[str, str]], text: str, tokens: int | None, most: int | None, order: random.Random
) -> None:
    examples = Examples(items)
    try:
        chosen = examples.select(text, tokens=tokens, most=most)
    except UsageError as error:
        assert tokens is not None
        needed = int(str(error).rpartition("=")[2].rstrip("."))
        assert needed > tokens
        assert examples.select("none of them", tokens=needed, most=most).items
        with pytest.raises(UsageError):
            examples.select(text, tokens=needed - 1)
        return
    assert {*chosen} <= {*examples}
    assert tokens is None or chosen.tokens <= tokens
    assert most is None or len(chosen) <= most
    assert all(text_key(text) not in (text_key(one.input), text_key(one.output)) for one in chosen)
    order.shuffle(items)
    again = Examples(items)
    assert (str(again), str(again.select(text, tokens=tokens, most=most))) == (str(examples), str(chosen))
    if tokens is None and most is None:
        others = [one for one in examples if text_key(text) not in map(text_key, (one.input, one.output))]
        assert len(chosen) == len(others)


def test_the_nearest_stands_last_and_others_fill_the_room() -> None:
    examples = Examples(["Tea wants water.", "Dogs want meat, and water.", "The sun is far."])
    chosen = [one.output for one in examples.select("What do dogs drink?", tokens=1000)]
    assert chosen[-1] == "Dogs want meat, and water."
    assert len(chosen) == 3
    assert [one.output for one in examples.select("tea", most=1)] == ["Tea wants water."]
    assert Examples().select("tea", tokens=1).items == ()
    for select in (lambda: examples.select("tea", tokens=1), lambda: examples.render(tokens=1)):
        with pytest.raises(UsageError, match=r"fits into tokens=1: the smallest of these 3 needs tokens=\d+"):
            select()


def test_the_text_inside_of_a_longer_prompt_is_found_out() -> None:
    talk = "We talked about tea for an hour, and then about cups."
    examples = Examples([(talk, "On tea"), ("We talked about dogs.", "On dogs")])
    assert [one.output for one in examples.select(f"Write the essay of:\n<talk>{talk.upper()}</talk>")] == ["On dogs"]


@pytest.mark.parametrize(
    "written", [{"b": [1], "a": "x"}, '{ "a": "x", "b": [1] }', Document("talk", "We met."), "We  met.", ["We met."]]
)
def test_the_same_input_is_found_out_in_whatever_form_it_comes(written: object) -> None:
    examples = Examples([({"a": "x", "b": [1]}, "1"), (Document("talk", "We met.", "Monday"), "2"), ("else", "3")])
    asked = str(examples.render(tokens=900)(written)[0])
    right = 2 if "We" in str(getattr(written, "text", written)) else 1
    assert f"<output>\n{right}\n" not in asked
    assert "<output>\n3\n" in asked
    chat = Examples.from_messages([{"role": "user", "content": [Document("talk", "We met.").to_block()]}, REPLY])
    assert len(chat.select("We met.")) == 0


def test_numbers_that_cannot_be_limits_are_refused() -> None:
    bad: dict[str, Any]
    for bad in ({"tokens": 0}, {"most": -1}, {"most": True}, {"tokens": "9"}):
        with pytest.raises(UsageError, match="whole number"):
            Examples(["a"]).select("b", **bad)
    with pytest.raises(UsageError, match="it takes the prompt"):
        Examples(["a"]).messages(request=" ")


def test_an_embedder_finds_by_meaning() -> None:
    class Sizes:
        def embed(self, texts: Sequence[str]) -> list[list[float]]:
            return [[len(text), 10.0] for text in texts]

    examples = Examples(["a" * 10, "b" * 30], embedder=Sizes())
    assert [one.output for one in examples.select("c" * 29, most=1)] == ["b" * 30]


def test_ten_thousand_are_searched_in_a_moment_by_many_threads() -> None:
    order = random.Random(7)
    words = [f"word{n}" for n in range(3000)]
    examples = Examples(" ".join(order.choices(words, k=30)) for _ in range(10_000))
    prompts = [" ".join(order.choices(words, k=k)) for k in (5, 60, 3000)]
    wanted = [examples.select(prompt, tokens=2000).items for prompt in prompts]
    before = time.thread_time()
    assert examples.select(prompts[2], tokens=2000).items == wanted[2]
    assert time.thread_time() - before < 1
    found: list[bool] = []

    def search() -> None:
        found.extend(
            examples.select(prompt, tokens=2000).items == right for prompt, right in zip(prompts, wanted, strict=True)
        )

    threads = [threading.Thread(target=search) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 12


@pytest.mark.parametrize("text", ["half \ud800 of a pair", "a bell \x07", "no\x00thing", "\ufeffwith a mark"])
def test_a_text_that_no_request_can_carry_is_known_as_itself(text: str) -> None:
    assert [one.output for one in Examples([(text, "THE ANSWER"), ("other", "o")]).select(text)] == ["o"]
    assert [one.output for one in Examples([text, "other"]).select(text)] == ["other"]
