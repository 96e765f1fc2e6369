"""Strict JSON: what a lenient parser would take is refused."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentkit.messages.message import JSON
from agentkit.messages.strict_json import parse_strict

values: st.SearchStrategy[JSON] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(values)
def test_what_json_can_say_is_read(value: JSON) -> None:
    assert parse_strict(json.dumps(value)) == value


@given(values.map(json.dumps), st.data())
def test_a_text_that_was_cut_off_is_never_read_as_a_longer_one(text: str, data: st.DataObject) -> None:
    """Only a number can be cut and still be JSON; an object, which a tool input is, cannot."""
    whole = '{"a":' + text + "}"
    cut = whole[: data.draw(st.integers(0, len(whole) - 1))]
    with pytest.raises(ValueError):  # noqa: PT011 - the text differs with the cut
        parse_strict(cut)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("NaN", "NaN is not JSON"),
        ('{"a": -Infinity}', "Infinity is not JSON"),
        ('{"a": 1e999}', "out of range"),
        ('{"a": -' + "9" * 400 + "}", "an integer of 401 digits is out of range"),
        ('{"a": 1, "b": 2, "a": 3}', "the key 'a' is given twice"),
        ('{"a": {"b": 1, "b": 1}}', "the key 'b' is given twice"),
        (r'{"a": "\ud83d"}', "surrogate"),
        (r'{"\uDE00": 1}', "surrogate"),
        ('{"a": 1} {"b": 2}', "Extra data"),
        ("{'a': 1}", "property name"),
        ('{"a": 1,}', "property name|trailing comma"),
        ("9" * 5000, "digits"),
        ("[" * 200_000, "nested too deeply"),
    ],
)
def test_what_is_not_json_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_strict(text)


def test_a_whole_surrogate_pair_is_a_character() -> None:
    assert parse_strict(r'"\ud83d\ude00"') == "😀"
