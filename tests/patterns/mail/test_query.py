"""The language of queries: what it says, and the place and reason where it says nothing."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentkit.patterns import QueryError, parse_query
from agentkit.patterns.mail.conditions import All, And, Condition, HasAttachment, Identity, Not, Or, Period, Size, Text

YEAR = 1_672_531_200  # 2023
DAY = 86_400


@pytest.mark.parametrize(
    ("query", "condition"),
    [
        ("tea", Text("tea")),
        (" tea\thot\n", And((Text("tea"), Text("hot")))),
        ("tea AND hot or not cold", Or((And((Text("tea"), Text("hot"))), Not(Text("cold"))))),
        ('"hot tea" -cup -(a | b)', And((Text("hot tea"), Not(Text("cup")), Not(Or((Text("a"), Text("b"))))))),
        ("\u201chot tea\u201d", Text("hot tea")),
        ("well-known e@x.y 10:30", And((Text("well-known"), Text("e@x.y"), Text("10:30")))),
        ("kett*", Text("kett", is_prefix=True)),
        ("From:Anna to:b@c.d", And((Text("Anna", "from"), Text("b@c.d", "to")))),
        ('subject:"re: tea" subject:Re:', And((Text("re: tea", "subject"), Text("Re:", "subject")))),
        ("person:(anna or -ben)", Or((Text("anna", "person"), Not(Text("ben", "person"))))),
        ("after:2023 before:2023-02", And((Period(since=YEAR), Period(until=YEAR + 31 * DAY)))),
        ("on:2023/12/31", Period(YEAR + 364 * DAY, YEAR + 365 * DAY)),
        ("on:2023-12", Period(YEAR + 334 * DAY, YEAR + 365 * DAY)),
        ("has:attachment larger:2mb smaller:10", And((HasAttachment(), Size(least=2_000_000), Size(most=10)))),
        ("thread:ab12 id:ab12", And((Identity("ab12", whole_thread=True), Identity("ab12")))),
        ("after:9999 on:9999-12", And((Period(since=253_370_764_800), Period(253_399_622_400, 253_402_300_800)))),
        ("larger:1.5mb on:2024-02", And((Size(least=1_500_000), Period(YEAR + 396 * DAY, YEAR + 425 * DAY)))),
        ("10\u201320 \u2013tea (\u2212ben)", And((Text("10\u201320"), Not(Text("tea")), Not(Text("ben"))))),
        ("*", All()),
        ('"or" "a:b"', And((Text("or"), Text("a:b")))),
    ],
)  # fmt: skip
def test_a_query_says_its_conditions(query: str, condition: Condition) -> None:
    assert parse_query(query) == condition


@pytest.mark.parametrize(
    ("query", "at", "reason"),
    [
        ("", 0, "The query is empty"),
        ("tea from:", 4, "The field 'from' has no value"),
        ("tea (hot", 4, "The parenthesis is not closed"),
        ("tea)", 3, "A parenthesis is closed that was not opened"),
        ('tea "hot', 4, "The quotation mark is not closed"),
        ("tea or", 6, "Something to search for is missing at the end"),
        ("a or or b", 5, "Something to search for is missing before 'or'"),
        ("()", 1, "Something to search for is missing before ')'"),
        ("form:anna", 0, "There is no field 'form'"),
        ("https://x.y", 0, "There is no field 'https'"),
        ("before:2023-13", 7, "There is no day '2023-13'"),
        ("before:monday", 7, "'monday' is no date"),
        ("larger:big", 7, "'big' is no size"),
        ("has:charm", 4, "A message has no 'charm'"),
        ("tea !!!", 4, "'!!!' has no letter or digit"),
        ("from:(subject:tea)", 6, "The field 'subject' stands inside the field 'from'"),
        ("(" * 30 + "a" + ")" * 30, 20, "More than 20 parentheses"),
        ("a " * 300, 400, "The query has more than 200 conditions"),
    ],
)
def test_what_is_no_query_goes_back_with_the_place_and_the_reason(query: str, at: int, reason: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse_query(query)
    assert caught.value.at == at
    assert caught.value.reason.startswith(reason)
    assert f"at character {at + 1} of the query" in str(caught.value)


@given(st.text(max_size=40) | st.text(alphabet='ab ()"-*:|\u201c\0\ud800', max_size=30))
def test_any_text_is_a_query_or_says_why_not(query: str) -> None:
    with contextlib.suppress(QueryError):
        parse_query(query)
