"""Copying is found by n-grams of words, however they are written, and in time that grows with the texts."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentkit.patterns import Demonstration, check_copying
from agentkit.patterns.few_shot import copying

ESSAY = "Doors are the politest of walls: they say no only as long as nobody asks, and then they turn."
EXAMPLES = (
    Demonstration(ESSAY, name="doors.md"),
    Demonstration("They met on a Monday.", "We met, on Monday, at nine."),
)
WORDS = st.lists(st.sampled_from(("tea", "cup", "a", "the", "Caf\u00e9", "\u8336")), max_size=30)


def test_passages_are_found_with_their_places_and_examples() -> None:
    text = f"Windows see. {ESSAY[:60].upper()} nobody. And new words come here, one after another, as ever."
    found = check_copying(text, EXAMPLES)
    assert found.longest is not None
    assert found.longest == found.passages[0]
    assert (found.longest.example, found.longest.words) == ("doors.md", 14)
    assert text[found.longest.start : found.longest.end] == found.longest.text
    assert (found.ngrams, found.copied) == (26 - 7, 14 - 7)
    assert found.share == pytest.approx(7 / 19)


@pytest.mark.parametrize(
    "written",
    [ESSAY.upper(), ESSAY.replace(" ", "\n\n"), ESSAY.replace(",", " \u2014"), f"\u201c{ESSAY}\u201d",
     ESSAY.replace("walls", "w\u00adal\u200bls"), ESSAY.replace("o", "o\u0301"), ESSAY.replace("o", "\u00f3"),
     f"*{ESSAY}*"],
)  # fmt: skip
def test_how_it_is_written_hides_no_copy(written: str) -> None:
    assert check_copying(written, EXAMPLES).share == 1.0
    assert check_copying(ESSAY, [Demonstration(written)]).share == 1.0


def test_scripts_without_spaces_are_compared_by_their_characters() -> None:
    poem = "\u5e8a\u524d\u660e\u6708\u5149\uff0c\u7591\u662f\u5730\u4e0a\u971c"
    found = check_copying(f"\u8336{poem}\u676f", [Demonstration(f"\u8336\u676f{poem}")])
    assert found.longest is not None
    assert found.longest.text == poem


def test_inputs_count_too_and_the_task_may_be_quoted() -> None:
    short = "We met, on Monday, at nine."
    assert check_copying(short, EXAMPLES, n=4).share == 1.0
    assert check_copying(short, EXAMPLES).share == 1.0  # one n-gram: it has fewer than eight words
    assert check_copying(ESSAY, EXAMPLES, allowed=f"Quote this: {ESSAY}").share == 0.0
    joined = Demonstration("and then a b", "c d and more")  # no n-gram reaches from one text into another
    assert check_copying("a b c d", [joined], n=4).copied == 0


def test_nothing_is_copied_from_nothing() -> None:
    for text, examples in (("", EXAMPLES), ("...", EXAMPLES), (ESSAY, ())):
        found = check_copying(text, examples)
        assert (found.share, found.longest, found.passages) == (0.0, None, ())


@settings(max_examples=150)
@given(WORDS, st.lists(WORDS, max_size=4), st.integers(1, 6))
def test_the_share_and_the_longest_passage_are_those_of_a_plain_search(
    words: list[str], others: list[list[str]], n: int
) -> None:
    found = check_copying(" ".join(words), [Demonstration(" ".join(other)) for other in others if other], n=n)
    n = min(n, len(words))
    grams = [words[at : at + n] for at in range(len(words) - n + 1)] if words else []
    held = [other[at : at + n] for other in others for at in range(len(other) - n + 1)]
    assert (found.ngrams, found.copied) == (len(grams), sum(gram in held for gram in grams))
    pieces = (words[i:j] for i in range(len(words)) for j in range(i + n, len(words) + 1))
    sizes = [len(p) for p in pieces if any(p == o[k : k + len(p)] for o in others for k in range(len(o)))]
    assert (found.longest.words if found.longest else 0) == (max(sizes, default=0) if n else 0)


@settings(max_examples=300)
@given(st.text(st.one_of(st.characters(), st.sampled_from("ab_ .\u0301\u200b\u6f22g\u00e9-\u2019\u0345\u0e01"))))
def test_examples_are_split_into_the_same_words_as_the_text(text: str) -> None:
    slow = [copying._fold(word) for word in copying._WORD.findall(text)]
    assert copying.split_words(text) == slow
    assert check_copying(f"tea {text}", [Demonstration(f"tea {text}")]).ngrams


def test_thirty_essays_are_compared_in_a_moment_also_where_words_repeat() -> None:
    order = random.Random(3)
    words = [f"word{n}" for n in range(4000)]
    essays = [Demonstration(" ".join(order.choices(words, k=3000))) for _ in range(30)]
    one = " ".join([essays[4].output[:9000], *order.choices(words, k=1500)])
    before = time.thread_time()
    found = check_copying(one, essays)
    assert time.thread_time() - before < 1
    assert found.longest is not None
    assert found.longest.words > 1000
    before = time.thread_time()
    assert check_copying("a b " * 1500, [Demonstration(("a b " * 4 + f"c{n} ") * 300) for n in range(30)]).share > 0.5
    assert check_copying("a " * 3000, [Demonstration("a " * 3000)] * 3).share == 1.0
    assert time.thread_time() - before < 5
