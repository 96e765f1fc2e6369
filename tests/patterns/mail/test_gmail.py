"""Queries in Gmail's search syntax."""

from __future__ import annotations

import pytest

from agentkit.patterns import QueryError, gmail_query


@pytest.mark.parametrize(
    ("query", "theirs"),
    [
        ("tea", '"tea"'),
        ("from:anna (tea or \"hot cup\") -subject:re", '(from:"anna" ("tea" OR "hot cup") -subject:"re")'),
        ("person:anna", '(from:"anna" OR to:"anna" OR cc:"anna" OR bcc:"anna")'),
        ("cc:anna filename:pdf", '((cc:"anna" OR bcc:"anna") filename:"pdf")'),
        ("after:2023 before:2024", "(after:1672531200 before:1704067200)"),
        ("on:2023-01-01 larger:1kb", "((after:1672531200 before:1672617600) larger:1000)"),
        ("has:attachment smaller:2kb", "(has:attachment smaller:2001)"),
        ("*", "in:anywhere"),
        ("in{b} OR_x", '("in{b}" "OR_x")'),
    ],
)  # fmt: skip
def test_a_query_is_said_in_their_words(query: str, theirs: str) -> None:
    assert gmail_query(query) == theirs


@pytest.mark.parametrize(
    ("query", "at"),
    [("tea body:hot", 9), ("a kett*", 2), ("thread:abababababababab", 0), ("(b id:abab)", 3), ("x:", 0)],
)
def test_what_gmail_cannot_find_goes_back_with_its_place(query: str, at: int) -> None:
    with pytest.raises(QueryError) as caught:
        gmail_query(query)
    assert caught.value.at == at
