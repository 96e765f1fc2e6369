"""Long parts of values: stored once under their hash, found by their path, whatever the value looks like."""

from __future__ import annotations

import pytest

from agentkit.journal.blobs import MAX_INLINE_BYTES, Blobs, cut_out, encode_json, put_back, take_out
from agentkit.messages.message import JSONObject

LONG = "ü" * MAX_INLINE_BYTES
KEPT: JSONObject = {"kept": [{"handle": "artifact-1", "label": ["a", None], "text": "k" * 5000}], "content": "short"}
PREFIX: JSONObject = {"system": "Be brief. " * 200, "tools": []}
VALUES = [
    ({"a": 1}, "tool", 0),
    ({"a": {"b": [1, LONG, {"c": LONG}]}, "d": LONG + "x", "": LONG}, "tool", 2),
    ({"half": "\ud800" + LONG}, "model", 1),
    (KEPT, "tool", 1),
    ({"kept": [], "0": LONG}, "tool", 1),
    (PREFIX, "prefix", 1),
    ({"system": "Be brief."}, "prefix", 0),
    ({"blobs": [[["a"], "0" * 64]], "a": None}, "tool", 0),
]


@pytest.mark.parametrize(("value", "kind", "count"), VALUES)
def test_a_value_is_whole_again_and_equal_parts_are_stored_once(value: JSONObject, kind: str, count: int) -> None:
    inline, references, blobs = take_out(value, encode_json(value), kind)
    assert len(blobs) == count
    assert len(encode_json(inline)) < 1000
    assert put_back(inline, references, blobs) == value
    assert cut_out(value, references) == (inline, blobs)


@pytest.mark.parametrize("blobs", [{}, {"it": b"other"}])
def test_a_part_that_is_lost_or_changed_is_refused(blobs: Blobs) -> None:
    inline, references, stored = take_out(KEPT, encode_json(KEPT), "tool")
    damaged = dict.fromkeys(stored, blobs["it"]) if blobs else {}
    with pytest.raises(ValueError, match=r"missing|changed"):
        put_back(inline, references, damaged)
