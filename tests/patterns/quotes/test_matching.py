"""Quotes are found after changes of typography, and never after a change of what they say."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentkit.patterns import find_quote, split_quote
from agentkit.patterns.quotes.matching import find_passages
from tests.patterns.quotes.planted_quotes import WORDS, falsified, retyped, stands_in

TEXT = (
    "The fee is 15.25 % \u2014 \u201cnon-refund-\n  able\u201d; don\u2019t pay. E\ufb03cient, well-\nknown items "
    "cannot be 5 mm or 3\u20135 days long.  A so\u00adft \n\n new   page. You are unable to pay 1,500 EUR. "
    "It is interest-free.\n2. Wait"
)


@pytest.mark.parametrize(
    ("quote", "exact"),
    [
        ("fee is 15.25 %", "fee is 15.25 %"),
        ('  15.25 % - "nonrefundable" ', "15.25 % \u2014 \u201cnon-refund-\n  able\u201d"),
        ("\u201cdon't pay.\u201d", "don\u2019t pay."),
        ("Efficient, well-known", "E\ufb03cient, well-\nknown"),
        ("well- known items", "well-\nknown items"),
        ("A soft new page", "A so\u00adft \n\n new   page"),
        ("3-5 days", "3\u20135 days"),
        ("unable to pay 1,500 EUR", "unable to pay 1,500 EUR"),
        ("2. Wait", "2. Wait"),
        ("\u2011 2. Wait", "2. Wait"),
    ],
)
def test_a_quote_becomes_the_exact_span(quote: str, exact: str) -> None:
    span = find_quote(quote, TEXT)
    assert span is not None
    assert (span.text, TEXT[span.start : span.end]) == (exact, exact)


@pytest.mark.parametrize(
    "quote",
    [
        "fee is 51.25 %",
        "fee is 15.25 EUR",
        "fee is 15",  # of 15.25
        "25 %",
        "5 days long",  # of 3-5
        "1,500 USD",
        "items can",  # of cannot
        "be 5 m",  # of 5 mm
        "able to pay",  # of unable
        "m or 3-5 days",  # of mm
        "don",  # of don't
        "It is interest",  # of interest-free
        "well known the items",
        "items well-known",
        "fee is not 15.25 %",
        "",
        " ... ",
        '"\u201d',
    ],
)
def test_what_says_something_else_is_not_found(quote: str) -> None:
    assert find_quote(quote, TEXT) is None


@pytest.mark.parametrize("quote", ['"It\'s ready"', "'It's ready'", "It's  ready", "- It's ready"])
def test_a_span_begins_and_ends_with_the_quote(quote: str) -> None:
    span = find_quote(quote, "Said: \u201cNo.\u201d\n\n\u201cIt\u2019s ready\u201d \u2014 \u201cYes\u201d")
    assert span is not None
    assert span.text.strip("\u201c\u201d") == "It\u2019s ready"


def test_the_place_that_is_not_cut_is_taken() -> None:
    span = find_quote("5 mm", "15 mm, then 5 mm")
    assert span is not None
    assert span.start == 12


def test_a_number_keeps_its_unit_and_its_currency() -> None:
    text = "The rate is 5%, that is $1,500 or 20\u00a0\u20ac a year, from 3 % on."
    for quote in ("The rate is 5", "1,500 or 20\u00a0\u20ac", "$1,500 or 20"):
        assert find_quote(quote, text) is None
    for quote in ("The rate is 5%", "$1,500 or 20 \u20ac", "from 3"):
        assert find_quote(quote, text) is not None


@pytest.mark.parametrize(
    ("quote", "text"),
    [
        ("with fees", "without fees"), ("comes with", "comes without"), ("ever paid", "never paid"),
        ("one of them", "none of them"), ("m away", "5 km away"), ("-2.5 points", "days \u2013 2.5 points"),
        ("2.5 points", "at -2.5 points"), ("legal", "illegal"), ("is not", "is notice"), ("no", "now"),
    ],
)  # fmt: skip
def test_a_cut_that_turns_the_meaning_is_not_found(quote: str, text: str) -> None:
    assert find_quote(quote, text) is None


def test_a_sentence_goes_on_behind_the_end_of_a_page() -> None:
    text = "[Page 1]\n\nIt costs 12\n\n[Page 2]\n\nEUR, and is refund-\n\n[Page 3]\n\nable. See [Page 9] of it.\n"
    span = find_quote("costs 12 EUR, and is refundable.", text)
    assert span is not None
    assert span.text == text[span.start : span.end]
    assert (span.text[:5], span.text[-5:]) == ("costs", "able.")
    assert find_quote("See of it", text) is None


@pytest.mark.parametrize("run", [" ", "\n", "- ", "a ... "])
def test_long_runs_in_a_quote_take_no_time(run: str) -> None:
    quote = f"a{run * 100_000}b"
    assert find_quote(quote, "another text") is None
    assert split_quote(quote)


def test_an_ellipsis_parts_a_quote_unless_it_stands_in_the_text() -> None:
    assert split_quote("\u201cone two [...] three \u2026 four\u201d") == ["one two", "three", "four"]
    assert [span and span.text for _, span in find_passages("A soft ... pay 1,500 EUR", TEXT)] == [
        "A so\u00adft",
        "pay 1,500 EUR",
    ]
    assert [part for part, _ in find_passages("wait ... then", "so wait \u2026 then")] == ["wait ... then"]


passages = st.lists(st.sampled_from(WORDS), min_size=1, max_size=30).filter(lambda words: words != ["%"] * len(words))


def test_of_a_thousand_true_quotes_all_are_kept_and_of_false_ones_none() -> None:
    random = Random(15)
    words = [random.choice(WORDS) for _ in range(6_000)]
    text = " ".join(words)
    kept, false = 0, list[str]()
    while len(false) < 1_000:
        start = random.randrange(len(words) - 20)
        passage = words[start : start + random.randrange(6, 20)]
        kept += find_quote(retyped(passage, random), text) is not None
        changed = falsified(passage, random)
        false += [changed] if changed and not stands_in(changed, text) else []
    assert kept >= 0.99 * len(false)
    assert [(quote, find_quote(quote, text)) for quote in false if find_quote(quote, text)] == []


@given(passages, passages, passages, st.randoms(use_true_random=False))
def test_a_true_quote_is_kept_and_a_false_one_is_not(
    before: list[str], passage: list[str], after: list[str], random: Random
) -> None:
    text = " ".join([*before, *passage, *after])
    span = find_quote(retyped(passage, random), text)
    assert span is not None
    assert text[span.start : span.end] == span.text
    changed = falsified(passage, random)
    assert changed is None or stands_in(changed, text) or find_quote(changed, text) is None


@given(st.data())
def test_words_of_a_text_are_found_and_spans_are_exact(data: st.DataObject) -> None:
    words = data.draw(st.lists(st.text("abc\u00e9 1.\u201d'-\n", min_size=1, max_size=6), min_size=1, max_size=12))
    text = " ".join(words)
    pieces = text.split()
    if not pieces:
        return
    start = data.draw(st.integers(0, len(pieces) - 1))
    end = data.draw(st.integers(start + 1, len(pieces)))
    quote = " ".join(pieces[start:end])
    span = find_quote(quote, text)
    if span is not None:
        assert text[span.start : span.end] == span.text
        assert "".join(filter(str.isalnum, span.text)) == "".join(filter(str.isalnum, quote))
