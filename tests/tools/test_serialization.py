"""Text that a request can carry: what cannot be sent is replaced, in long texts too, and said."""

from __future__ import annotations

import json
import math

import pytest

from agentkit.messages.message import encode
from agentkit.tools.serialization import json_text, replace_unsendable, sendable_text


@pytest.mark.parametrize("length", [10, 2_500_000])
def test_characters_that_no_request_carries_are_replaced_wherever_they_are(length: int) -> None:
    text = "a" * length
    bad = f"\x00{text}\ud800{text}\x1f"
    assert replace_unsendable(bad) == (f"\ufffd{text}\ufffd{text}\ufffd", 3)
    assert sendable_text(bad).endswith("[3 characters that cannot be sent were replaced by \ufffd]")
    assert encode(sendable_text(bad))
    assert replace_unsendable(text + text) == (text + text, 0)
    assert sendable_text(text) is text


def test_any_value_is_compact_json() -> None:
    value = {"a": [1, math.nan, b"text", b"\xff"], "ä": {"b": None}}
    assert json.loads(json_text(value)) == {"a": [1, "NaN", "dGV4dA==", "_w=="], "ä": {"b": None}}
    assert json_text({"a": [1, b"text"]}) == '{"a":[1,"text"]}'
    assert json.loads(json_text({"half": "\ud800", "n": math.inf})) == {"half": "\ud800", "n": "Infinity"}


def test_what_has_no_json_form_is_named() -> None:
    with pytest.raises(TypeError, match="it holds an object, which has no JSON form"):
        json_text(object())


def test_numbers_beside_what_pydantic_refuses_are_written() -> None:
    assert json_text({"\ud800": 0.5, "b": [1.0, 2]}) == '{"\ud800":0.5,"b":[1.0,2]}'
