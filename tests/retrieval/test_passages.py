"""Passages of texts, and which of them answer a question."""

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentkit import Document
from agentkit.retrieval.passages import Hit, search_passages, split_passages

HARBOUR = """# Harbour rules

The harbour opens at six. Boats must leave before midnight, e.g. by 23:30.

Fees
----

Mooring costs 12 EUR a night. Dogs stay on deck.

You need these papers:

- a licence
- an insurance for your boat

## Kündigung

Die Kündigungsfrist beträgt drei Monate. Der Liegeplatz wird am 1. Mai geräumt.

```python
# reserve
harbour.reserve(berth=4)
```

| flag | meaning |
|------|---------|
| red  | no entry |
"""


def find(question: str, text: str = HARBOUR) -> list[Hit]:
    source = Document("doc", text)
    return search_passages(question, split_passages(source), {"doc": ""})


def texts(text: str) -> list[str]:
    return [passage.text for passage in split_passages(Document("doc", text))]


@pytest.mark.parametrize(
    ("question", "quote"),
    [
        ("When does the harbour open?", "The harbour opens at six."),
        ("What does mooring cost?", "Mooring costs 12 EUR a night."),
        ("Where do dogs stay?", "Dogs stay on deck."),
        ("Which papers do I need?", "You need these papers:\n\n- a licence\n- an insurance for your boat"),
        ("Wie lang ist die Kündigungsfrist?", "Die Kündigungsfrist beträgt drei Monate."),
        ("Wann muss der Liegeplatz geräumt werden?", "Der Liegeplatz wird am 1. Mai geräumt."),
        ("How do I reserve a berth?", "harbour.reserve(berth=4)"),
        ("What does a red flag say about entry?", "| red  | no entry |"),
        ("Before when must boats leave?", "Boats must leave before midnight, e.g. by 23:30."),
    ],
)
def test_the_passage_that_answers_comes_first(question: str, quote: str) -> None:
    assert find(question)[0].passage.text == quote


@pytest.mark.parametrize(
    "question",
    [
        "Who won the cup in 1998?",
        "What is the capital of France?",
        "How do I bake sourdough bread?",
        "Wer hat das Telefon erfunden?",
        "How many boats sank in the storm of 1907?",
        "",
        "???",
    ],
)
def test_a_question_that_the_text_does_not_answer_finds_nothing(question: str) -> None:
    assert find(question) == []


def test_words_match_in_other_forms_with_other_accents_and_as_parts_of_compounds() -> None:
    assert find("installing", "Installation: run pip.")
    assert find("Muller", "Ask Müller about it.")
    assert find("Frist", "Die Kündigungsfrist beträgt drei Monate.")
    assert find("timeouts", "Set a time-out or timeout.")
    assert not find("read", "A thread of bread.")


def test_the_heading_and_the_title_count_as_context() -> None:
    assert find("Fees for dogs", HARBOUR)[0].passage.text == "Dogs stay on deck."
    tea = split_passages(Document("x", "Steep for three minutes."))
    assert search_passages("How long does green tea steep?", tea, {"x": "Green tea"})
    assert not search_passages("How long does green tea steep?", tea, {"x": "Coffee"})


def test_a_passage_with_a_number_is_better_for_a_question_that_asks_for_one() -> None:
    text = "The mooring fee is due at noon. The mooring fee is 12."
    assert find("How much is the mooring fee?", text)[0].passage.text == "The mooring fee is 12."


def test_a_repeated_sentence_is_quoted_once() -> None:
    assert len(find("When does the harbour open?", "The harbour opens at six.\n\n" * 5)) == 1


def test_sentences_items_rows_and_code_are_passages() -> None:
    assert texts("One two. Three!\nFour?  Five") == ["One two.", "Three!", "Four?", "Five"]
    assert texts("A. B. Miller met Dr. No, cf. page 342. He left.") == [
        "A. B. Miller met Dr. No, cf. page 342.",
        "He left.",
    ]
    assert texts("- one\n- two\n1. three\n") == ["- one", "- two", "1. three"]
    assert texts("# Title #\ntext") == ["# Title #", "text"]
    assert texts("### Deep\ntext") == ["### Deep", "text"]
    assert texts("```sh\nmake demo\n```\n") == ["make demo"]
    assert texts("windows\r\n\r\nlines\r\n") == ["windows", "lines"]
    assert texts("") == texts(" \n\t\n") == []


def test_a_long_line_is_cut_at_spaces_or_anywhere() -> None:
    assert all(len(text) <= 400 for text in texts("word " * 500))
    assert "".join(texts("word " * 500)).replace(" ", "") == "word" * 500
    assert [len(text) for text in texts("x" * 1_000)] == [400, 400, 200]


WORDS = st.sampled_from(
    [
        "tea",
        "Tea.",
        "Größe",
        "é",
        "e\u0301",
        "🍵",
        "\r\n",
        "\n\n",
        "\n",
        "# H\n",
        "- ",
        ": ",
        "```\n",
        "\u2028",
        "| a |",
        "x" * 500,
    ]
)


@given(st.lists(WORDS | st.text(max_size=20), max_size=60).map(" ".join), st.text(max_size=20) | WORDS)
def test_every_passage_and_every_hit_is_an_exact_slice_of_its_source(text: str, question: str) -> None:
    found = split_passages(Document("doc", text))
    for passage in found + [hit.passage for hit in find(question, text)]:
        assert passage.text
        assert text[passage.start : passage.end] == passage.text
    assert found or not any(c.isalnum() for c in text.replace("```", ""))


@given(st.lists(WORDS, max_size=60).map(" ".join))
def test_the_same_question_finds_the_same(text: str) -> None:
    assert find("tea size", text) == find("tea size", text)
    assert all(0 <= hit.coverage <= 1 and hit.score > 0 for hit in find("tea size", text))


def test_two_hundred_documents_take_about_a_second() -> None:
    chance = random.Random(1)
    words = ["".join(chance.choices("abcdefghij", k=chance.randint(2, 9))) for _ in range(3_000)]
    made = [" ".join(chance.choices(words, k=900)).replace("a ", "a. B") for _ in range(200)]
    began = time.perf_counter()
    for i, text in enumerate([*made, HARBOUR]):
        found = search_passages("What does mooring cost in the harbour?", split_passages(Document(str(i), text)), {})
        assert bool(found) == (text is HARBOUR)
    assert time.perf_counter() - began < 8
