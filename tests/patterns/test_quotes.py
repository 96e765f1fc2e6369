"""Quotes are found after changes of typography, and never after a change of what they say."""

import re
import textwrap
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentkit.patterns import find_quote, split_quote
from agentkit.patterns.quotes import find_passages

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


def test_a_sentence_goes_on_behind_the_end_of_a_page() -> None:
    text = "[Page 1]\n\nIt costs 12\n\n[Page 2]\n\nEUR, and is refund-\n\n[Page 3]\n\nable. See [Page 9] of it.\n"
    span = find_quote("costs 12 EUR, and is refundable.", text)
    assert span is not None
    assert span.text == text[span.start : span.end]
    assert (span.text[:5], span.text[-5:]) == ("costs", "able.")
    assert find_quote("See of it", text) is None


def test_an_ellipsis_parts_a_quote_unless_it_stands_in_the_text() -> None:
    assert split_quote("\u201cone two [...] three \u2026 four\u201d") == ["one two", "three", "four"]
    assert [span and span.text for _, span in find_passages("A soft ... pay 1,500 EUR", TEXT)] == [
        "A so\u00adft",
        "pay 1,500 EUR",
    ]
    assert [part for part, _ in find_passages("wait ... then", "so wait \u2026 then")] == ["wait ... then"]


WORDS = re.split(
    " ",
    "the fee of 120 EUR is not refundable within 14 days unless Bank A3 confirms 2.5 % interest on well-known "
    "accounts, which \"cannot\" be closed before 2027-01-31; customers' cards aren't charged over $1,500 or 30 km",
)


def corpus(random: Random, words: int) -> list[str]:
    return [random.choice(WORDS) for _ in range(words)]


def retyped(words: list[str], random: Random) -> str:
    """The same words with other white space, marks, dashes and hyphenation."""
    text = " ".join(words)
    change = random.choice(["wrap", "spaces", "marks", "dashes", "hyphenation", "around", "soft"])
    if change == "wrap":
        return textwrap.fill(text, 30, break_on_hyphens=False)
    if change == "spaces":
        return re.sub(" ", lambda _: random.choice(["  ", "\n", "\u00a0", "\t", " \r\n"]), text)
    if change == "marks":
        return re.sub('"([^"]*)"', "\u201c\\1\u201d", text).replace("'", "\u2019")
    if change == "dashes":
        return text.replace("-", "\u2010")
    if change == "around":
        return random.choice(["\u201c{}\u201d", '"{}"', "'{}'", "\u00ab{}\u00bb"]).format(text)
    mark = "-\n" if change == "hyphenation" else "\u00ad"
    return re.sub(r"(?<=[a-z]{3})(?=[a-z]{3})", mark, text, count=2)


def falsified(words: list[str], random: Random) -> str | None:
    """The words with one change of meaning. None: this one cannot be made here."""
    at = random.randrange(len(words))
    change = random.choice(["digits", "not", "unit", "order", "splice", "sign"])
    changed = list(words)
    if change == "digits":
        numbers = [index for index, word in enumerate(words) if re.search(r"\d", word)]
        if numbers:
            place = random.choice(numbers)
            changed[place] = re.sub(r"\d", lambda digit: str((int(digit[0]) + 1) % 10), words[place], count=1)
    elif change == "not":
        changed = [word for word in words if word != "not"] if "not" in words[1:-1] else words
    elif change == "unit":
        units = {"EUR": "USD", "km": "m", "%": "\u2030", "days": "weeks"}
        changed = [units.get(word, word) for word in words]
    elif change == "order" and at > 0:
        changed[at - 1], changed[at] = changed[at], changed[at - 1]
    elif change == "splice":
        changed = words[: at // 2] + words[at:]
    elif change == "sign":
        changed[at] = f"-{words[at]}" if words[at].isdigit() else words[at]
    return None if changed == words or not changed else " ".join(changed)


def test_true_quotes_are_kept_and_false_ones_are_not() -> None:
    random = Random(15)
    words = corpus(random, 6_000)
    text = " ".join(words)
    plain = f" {text} "
    kept = false = shown = 0
    for _ in range(1_000):
        start = random.randrange(len(words) - 20)
        passage = words[start : start + random.randrange(6, 20)]
        span = find_quote(retyped(passage, random), text)
        kept += span is not None and span.text in text
        if (changed := falsified(passage, random)) and f" {changed} " not in plain:
            false += 1
            shown += find_quote(changed, text) is not None
    assert kept >= 990
    assert false > 300
    assert shown == 0


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
