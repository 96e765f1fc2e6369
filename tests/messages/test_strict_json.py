"""Strict JSON: what a lenient parser would take is refused."""

from __future__ import annotations

import copy
import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentkit.messages.message import JSON
from agentkit.messages.strict_json import ExactFloat, may_hold_exact_float, parse_strict

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


@pytest.mark.parametrize(
    "text", ["12345678901234567.89", "0.123456789012345678", "1000000000000000.001", "1e-400", "-0.1000000000000000055"]
)
def test_a_number_keeps_the_digits_that_no_float_has(text: str) -> None:
    number = parse_strict(text)
    assert isinstance(number, ExactFloat)
    assert number == float(text)
    assert (number.text, str(number), json.dumps(number)) == (text, text, json.dumps(float(text)))
    for copied in (copy.deepcopy(number), pickle.loads(pickle.dumps(number))):
        assert isinstance(copied, ExactFloat)
        assert copied.text == text
    assert may_hold_exact_float(f'{{"a": [{text}]}}')


@pytest.mark.parametrize("text", ["0.1", "1.50", "1e23", "0.30000000000000004", "1.7976931348623157e308", "5e-324"])
def test_a_number_that_a_float_keeps_is_a_float(text: str) -> None:
    assert type(parse_strict(text)) is float


def test_a_long_number_has_no_fraction_only_if_its_digits_say_so() -> None:
    assert parse_strict("12345678901234567890.0").is_integer()  # type: ignore[union-attr]  # a float
    assert not parse_strict("9007199254740993.5").is_integer()  # type: ignore[union-attr]  # a float
