"""JSON without fractions is encoded by pydantic's writer, to the bytes of Python's encoder."""

from __future__ import annotations

import json
from enum import IntEnum, StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentkit.messages.message import encode
from agentkit.messages.plain_json import encode_plain

PYTHONS = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)


class Number(IntEnum):
    ONE = 1


class Word(StrEnum):
    ONE = "one"


SCALARS = st.none() | st.booleans() | st.integers(-(10**308), 10**308) | st.text()
PLAIN = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


@given(PLAIN)
def test_the_bytes_are_those_of_pythons_encoder(value: object) -> None:
    assert encode_plain(value) == encode(value) == PYTHONS.encode(value).encode()


def test_every_character_is_escaped_as_pythons_encoder_does() -> None:
    text = "".join(map(chr, [*range(0xD800), *range(0xE000, 0x11000), 0x1F375, 0x10FFFF]))
    assert encode_plain({text: text}) == PYTHONS.encode({text: text}).encode()


@pytest.mark.parametrize(
    "value",
    [1.0, 1e16, {"a": [1e-7]}, {1: 2}, {None: 1}, (1, 2), [(1,)], Number.ONE, {"a": Word.ONE}, {Word.ONE: 1}],
    ids=repr,
)
def test_what_the_two_may_write_differently_is_left_to_pythons(value: object) -> None:
    assert encode_plain(value) is None
    assert encode(value) == PYTHONS.encode(value).encode()


def test_what_is_refused_is_refused_as_before() -> None:
    deep: object = []
    for _ in range(100_000):
        deep = [deep]
    for value, error in (
        (float("nan"), ValueError),
        ({"a": "\ud800"}, UnicodeEncodeError),
        ({"a": object()}, TypeError),
        (deep, RecursionError),
    ):
        with pytest.raises(error):
            encode(value)
    half_deep: object = []
    for _ in range(400):
        half_deep = [half_deep]
    assert encode(half_deep) == b"[" * 401 + b"]" * 401
