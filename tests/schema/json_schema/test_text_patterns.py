"""Patterns of texts, and their words."""

import re
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from agentkit.schema.json_schema.text_patterns import (
    AS_DESCRIBED,
    COMPLEX_NUMBER,
    DECIMAL,
    NAIVE_DATETIME,
    combine_patterns,
    date_pattern,
    decimal_pattern,
    describe_pattern,
    uuid_pattern,
)


@given(st.dates(), st.dates(), st.dates())
def test_bounded_dates_match_their_pattern(low: date, high: date, value: date) -> None:
    pattern = date_pattern({"ge": low, "lt": high})
    assert pattern is not None
    assert bool(re.search(pattern, value.isoformat())) == (low <= value < high)


def test_a_bound_that_nothing_meets_matches_nothing() -> None:
    assert not re.search(date_pattern({"gt": date.max}) or "", "9999-12-31")
    assert date_pattern({}) is None


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_every_finite_decimal_is_one(value: Decimal) -> None:
    assert re.search(DECIMAL, str(value))


def test_decimals_meet_all_their_constraints_at_once() -> None:
    pattern = decimal_pattern({"ge": 0, "le": 10}, None)
    assert [text for text in ("-1", "0", "9.99", "10", "10.01", "1E+1", "1E+2") if re.search(pattern, text)] == [
        "0", "9.99", "10", "1E+1",
    ]  # fmt: skip
    assert combine_patterns(["^a"]) == "^a"


@given(st.datetimes())
def test_naive_moments_match_and_those_with_an_offset_do_not(moment: datetime) -> None:
    assert re.search(NAIVE_DATETIME, moment.isoformat())
    assert not re.search(NAIVE_DATETIME, moment.isoformat() + "Z")


@given(st.complex_numbers(allow_nan=False, allow_infinity=False))
def test_complex_numbers_match_as_python_writes_them(value: complex) -> None:
    assert re.search(COMPLEX_NUMBER, str(value).strip("()"))


@given(st.uuids(version=4))
def test_a_uuid_shows_its_version(value: UUID) -> None:
    assert re.search(uuid_pattern(4), str(value))
    assert not re.search(uuid_pattern(7), str(value))


def test_our_patterns_have_words_and_others_are_quoted() -> None:
    assert describe_pattern(DECIMAL) == "a decimal number such as 12.50"
    assert describe_pattern(decimal_pattern({"ge": 0}, None)) == AS_DESCRIBED
    assert describe_pattern("^a+$") == "matching the regular expression `^a+$`"
