"""Folded texts lead back to the original, and what carries meaning is never folded away."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentkit.patterns.quotes.folding import fold_text, folded

SIGNS = "ab3 \n\t-\u2013\u2014\u00ad\u201c\u201d\"'\u2019\ufb01\u2026e\u0301.,"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a  b\n c\u00a0d", "a b c d"),
        ("\u201cyes\u201d, it\u2019s \u00abso\u00bb", "\"yes\", it's 'so'"),
        ("win\u00ad\n dow", "window"),
        ("refund-\n  able, well-\nknown", "refundable, well-known"),
        ("Monday \u2014 Friday, 3 \u2013 5", "Monday-Friday, 3-5"),
        ("e\ufb03cient so\u00adft \u2026", "efficient soft ..."),
        ("a\x1b[b\x00 \ud800", "a\ufffd[b\ufffd \ufffd"),
        ("cafe\u0301", "caf\u00e9"),
        ("Rhein-\nPfalz", "Rhein\u2011Pfalz"),
        ("REFUND-\nABLE, RE\u00ad\nFUND", "REFUNDABLE, REFUND"),
        ("zero\u200bwidth \ufeffmark", "zerowidth mark"),
    ],
)
def test_typography_folds_to_the_same_text(one: str, other: str) -> None:
    assert fold_text(one).text == fold_text(other).text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("5' pipe", '5" pipe'),
        ("from -5", "from 5"),
        ("10\u00b2", "102"),
        ("not able", "notable"),
        ("Type A-B", "Type AB"),
        ("use --force", "use -force"),
        ("1,5", "1.5"),
        ("15", "1 5"),
        ("Fee", "fee"),
    ],
)
def test_what_carries_meaning_is_not_folded(one: str, other: str) -> None:
    assert fold_text(one).text != fold_text(other).text


@given(st.text(SIGNS, max_size=40))
def test_every_character_of_the_folded_text_comes_from_its_place(text: str) -> None:
    source = fold_text(text)
    last = 0
    for at in range(len(source.text)):
        start, end = source.original_span(at, at + 1)
        assert last <= end <= len(text)
        assert start < end
        last = start
        if source.text[at].isalnum() and text[start:end].isascii() and end == start + 1:
            assert text[start:end] == source.text[at]


@given(st.text(SIGNS, max_size=40))
def test_letters_and_digits_stay_in_order(text: str) -> None:
    def plain(value: str) -> str:
        return "".join(filter(str.isalnum, fold_text(value).text))

    assert plain(text) == plain(fold_text(text).text)
    assert [c for c in fold_text(text).text if c.isdigit()] == [c for c in text if c.isdigit()]


def test_the_folded_form_of_a_text_is_kept() -> None:
    text = "some \u2014 text " * 5
    assert folded(text) is folded(text)


def test_long_runs_of_white_space_take_no_time() -> None:
    text = f"a{' ' * 200_000}b{chr(10) * 200_000}- c"
    assert fold_text(text).text == "a bc"
