"""A quote is not found where its ends cut a number, a unit, a name or a negation in two; at white space they may."""

import time

import pytest

from agentkit.patterns import find_quote


@pytest.mark.parametrize(
    ("quote", "text"),
    [
        ("fee is 5", "fee is 5'000"), ("000 EUR", "5\u2019000 EUR"), ("is 5", "is 5_000"), ("is 3", "is 3\u00bd"),
        ("\u00bd EUR", "3\u00bd EUR"), ("is 1.5", "is 1.5e6"), ("is 5", "is 5k"), ("at 12", "at 12:30"),
        ("30 h", "12:30 h"), ("in 2027", "in 2027-01-31"), ("10", "10^6"), ("10", "10\u2076"), ("is 5.", "is 5.5"),
        ("is 5,", "is 5,000"), ("/3 of", "2/3 of"), ("the 30", "the 30-day trial"), ("5 EUR", "<5 EUR"),
        ("$5", "US$5"), ("5'", '5"'), ("5'", "5''"), ('5"', "5'"), ("mm wide", "3mm wide"),
        ("10 m", "10 m\u00b2"), ("10 m", "10 m2"), ("10 MB", "10 MB/s"), ("5 EUR", "5 EUR/month"),
        ("Mr. Smith", "Mr. Smithson"), ("smith pays", "Goldsmith pays"), ("Bank A", "Bank A3"), ("A3", "BA3"),
        ("Henry V", "Henry VIII"), ("Form W", "Form W-2"), ("Rhein", "Rhein-Pfalz"), ("Section 5", "Section 5a"),
        ("refundable", "non\u2011refundable"), ("interest", "interest\u2010free"),
        ("e", "the tree"), ("the", "other"), ("s t", "as they"), ("(o", "x (of"), ("\u0442", "\u043e\u0442"),
    ],
)  # fmt: skip
def test_the_rest_of_a_word_is_not_left_out(quote: str, text: str) -> None:
    assert find_quote(quote, f"Now {text} (so)") is None
    if quote[-1] not in "'\"":
        assert find_quote(f"\u201c{quote}\u201d", f"Now {text} (so)") is None


@pytest.mark.parametrize(
    ("quote", "text"),
    [
        ("is 5", "is 5 % a year"), ("5 points", "<b>5 points</b>"), ("5 points", "> 5 points"), ("card", "cards"),
        ("is 5.", "is 5. Then"), ("section 5", 'the "section 5"'),
        ("5\u6761", "\u7b2c5\u6761"), ("in 2027", "in 2027: 3"),
        ("EUR", "EUR-wide"), ("the EU", "the EU, of 2"),
        ("\u5728\u5730", "\u5728\u5730\u4e0b"), ("\u5730", "\u5728\u5730\u4e0b"), ("o us", "to us"),
        ("x", "x = 3"), ("5 km", "5 km / 3 miles"),
    ],
)  # fmt: skip
def test_what_is_whole_is_found(quote: str, text: str) -> None:
    assert find_quote(quote, text) is not None


@pytest.mark.parametrize(
    ("quote", "text"),
    [("1" * 500, "1" * 200_000), ("\u201c5\u201d", "15 " * 70_000), ("able", "unable " * 30_000),
     ("1 1", "1\u00a0" * 100_000)],
)  # fmt: skip
def test_a_quote_that_is_cut_everywhere_takes_no_time(quote: str, text: str) -> None:
    began = time.process_time()
    assert find_quote(quote, text) is None
    assert time.process_time() - began < 10
