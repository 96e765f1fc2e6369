"""The store: near examples of every label, never the text itself, and what was taken back is gone."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentkit.errors import DefinitionError, UsageError
from agentkit.patterns import Classifier, Example, ExampleStore

PAIRS = [
    ("Where is my parcel?", "delivery"),
    ("The parcel did not arrive.", "delivery"),
    ("Has the parcel been sent?", "delivery"),
    ("When does my parcel come?", "delivery"),
    ("The cup is broken.", "complaint"),
    ("Do you sell tea?", "question"),
]


def test_the_nearest_are_balanced_over_labels() -> None:
    near = ExampleStore(PAIRS).nearest("Where is the parcel with the cup?", 4)
    assert Counter(one.label for one in near) == {"delivery": 2, "complaint": 1, "question": 1}
    assert near[0].text == "Where is my parcel?"
    assert [one.score for one in near] == sorted((one.score for one in near), reverse=True)
    assert near[-1].score == 0.0, "a label of which nothing is like the text is shown, too"
    assert [one.label for one in ExampleStore(PAIRS).nearest("parcel", 10)].count("delivery") == 4


@pytest.mark.parametrize("copy", ["Where is my parcel?", "  where IS\n my\tparcel? ", "Where\u00a0is my \uff50arcel?"])
def test_the_text_itself_is_never_an_example_for_it(copy: str) -> None:
    store = ExampleStore(PAIRS)
    assert "Where is my parcel?" not in [one.text for one in store.nearest(copy, 10)]
    assert len(store.nearest(copy, 10)) == 5
    assert store.neighbours(copy).votes["delivery"] > 0


def test_votes_are_not_balanced_and_come_from_what_is_like_the_text() -> None:
    store = ExampleStore(PAIRS)
    votes = store.neighbours("Is the parcel on its way?").votes
    assert votes["delivery"] > 0.8
    assert sum(votes.values()) == pytest.approx(1)
    assert store.neighbours("xyz").votes == {}
    assert {one.label for one in store.neighbours("parcel", 5, ["complaint", "question"]).examples} == {
        "complaint", "question",
    }  # fmt: skip


def test_a_new_label_replaces_the_old_one_and_an_example_can_be_taken_back(tmp_path: Path) -> None:
    path = tmp_path / "examples.jsonl"
    store = ExampleStore.load(path)
    for text, label in PAIRS:
        store.add(text, label)
    store.add("the cup is broken.", "question")
    store.add("the cup is broken.", "question")
    assert len(path.read_text().splitlines()) == len(PAIRS) + 1, "the same again is not written again"
    assert store.remove("Do you SELL tea?")
    assert not store.remove("Do you SELL tea?")
    for seen in (store, ExampleStore.load(path)):
        assert (len(seen), seen.labels, seen.label_of("THE CUP IS BROKEN.")) == (
            5,
            ("delivery", "question"),
            "question",
        )
        assert {one.text for one in seen.nearest("Do you sell the cup?", 9)} == {
            *(text for text, _ in PAIRS[:4]), "the cup is broken.",
        }  # fmt: skip
    store.add("Do you sell tea?", "delivery")
    assert store.nearest("Do you sell green tea?", 1) == (
        Example("Do you sell tea?", "delivery", store.nearest("Do you sell green tea?", 1)[0].score),
    )


@pytest.mark.parametrize(("text", "label"), [("", "a"), (" \n", "a"), ("tea", " "), (None, "a"), ("tea", 5)])
def test_what_is_no_example_is_refused(text: str, label: str) -> None:
    with pytest.raises(UsageError, match="neither blank"):
        ExampleStore().add(text, label)


@pytest.mark.parametrize("examples", ["tea", ["ab"], [("tea",)], [("tea", "a", "b")], None, [5], {"tea": 5}])
def test_what_are_no_pairs_of_text_and_label_is_refused(examples: Any) -> None:
    with pytest.raises(UsageError, match=r"no pair|texts with their labels|neither blank"):
        ExampleStore(examples)
    with pytest.raises(DefinitionError, match=r"Classifier\(\.\.\.\): "):
        Classifier(categories={"a": "", "b": ""}, examples=examples)
    assert [one.label for one in ExampleStore({"tea": "a"})] == ["a"]
    assert [one.text for one in ExampleStore([Example("tea", "a")])] == ["tea"]


@given(
    st.lists(st.tuples(st.text("tea cup", min_size=3).filter(str.strip), st.sampled_from("abc")), max_size=30),
    st.text("tea cup", max_size=8),
    st.integers(0, 12),
)
def test_labels_differ_by_one_at_most_unless_one_has_no_more(pairs: list[tuple[str, str]], text: str, k: int) -> None:
    store = ExampleStore(pairs)
    near = store.nearest(text, k)
    others = [one for one in store if " ".join(one.text.split()) != " ".join(text.split())]
    assert len(near) == min(k, len(others))
    assert len({one.text for one in near}) == len(near)
    counts, most = Counter(one.label for one in near), Counter(one.label for one in others)
    for label in most:
        assert counts[label] == most[label] or counts[label] >= max(counts.values(), default=0) - 1


def test_a_rare_label_is_found_behind_very_many_hits_quickly() -> None:
    draw = random.Random(1)
    words = [f"{one}{two}" for one in ("card", "fee", "cash", "bank", "loan") for two in ("", "s", "ed", "ing")]
    pairs = [(" ".join(draw.choices(words, k=9)) + f" {number}", "common") for number in range(10_000)]
    pairs[5_000:5_000] = [
        (f"cash {number} of the bank for the card with many other words", "rare") for number in range(5)
    ]
    store = ExampleStore(pairs)
    store.nearest("warm", 1)
    began = time.process_time()
    near = store.nearest("cards and cash of the bank", 6)
    took = time.process_time() - began
    assert Counter(one.label for one in near) == {"common": 3, "rare": 3}
    assert took < 1, "50 ms are promised; a loaded machine counts more"


class Letters:
    """An embedder that counts letters."""

    def __init__(self) -> None:
        self.embedded: list[str] = []

    def embed(self, texts: Sequence[str]) -> Iterator[list[float]]:
        self.embedded += texts
        return ([float(text.count(letter)) for letter in "abcdef"] for text in texts)


def test_an_embedder_decides_what_is_near(tmp_path: Path) -> None:
    embedder = Letters()
    store = ExampleStore([("aaab", "x"), ("bbba", "x"), ("cccd", "y"), ("dddc", "y")], embedder=embedder)
    assert embedder.embedded == [], "nothing is embedded before it is looked up"
    assert [one.text for one in store.nearest("aab", 2)] == ["aaab", "dddc"] or store.nearest("aab", 2)[
        0
    ].text == "aaab"
    assert [one.text for one in store.nearest("ddc \ud800", 1)] == ["dddc"]
    assert embedder.embedded.count("aaab") == 1, "each example once"
    path = tmp_path / "examples.jsonl"
    path.write_text('{"text": "eeef", "label": "z"}\n')
    assert ExampleStore.load(path, embedder=embedder).nearest("e", 1)[0].label == "z"
    assert not store.is_quick


def test_threads_may_add_and_look_up_at_once() -> None:
    store = ExampleStore(PAIRS)

    def work(name: str) -> None:
        for number in range(60):
            store.add(f"{name} has parcel {number}", name)
            store.nearest("parcel", 4)

    threads = [threading.Thread(target=work, args=(name,)) for name in ("a", "b", "c")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store) == len(PAIRS) + 180
