"""Values behind given names, in the forms in which texts have them."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentkit.redaction.named_values import NamedValues
from agentkit.redaction.secret_patterns import REDACTED as R

PIN = NamedValues(["pin", "db.password"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"pin": "12 34", "n": 1}', f'{{"pin": "{R}", "n": 1}}'),
        ('{"pin":1234,"n":1}', f'{{"pin":"{R}","n":1}}'),
        ('{"PIN": "a \\" b"}', f'{{"PIN": "{R}"}}'),
        ('{"pin": [1, {"a": "]"}], "n": 1}', f'{{"pin": "{R}", "n": 1}}'),
        ('{"pin": {"a": [1, 2]}, "n": 1}', f'{{"pin": "{R}", "n": 1}}'),
        ('{"pin": {"a": "cut o', f'{{"pin": "{R}"'),
        ('{"pin": "cut o', f'{{"pin": "{R}'),
        ('{"text": "{\\"pin\\": \\"12 34\\", \\"n\\": 1}"}', f'{{"text": "{{\\"pin\\": \\"{R}\\", \\"n\\": 1}}"}}'),
        ("{'pin': 'it\\'s', 'n': 1}", f"{{'pin': '{R}', 'n': 1}}"),
        ("pin=1234 n=1", f"pin={R} n=1"),
        ("pin='12 34' n=1", f"pin='{R}' n=1"),
        ("pin: 1234\nn: 1", f"pin: {R}\nn: 1"),
        ("Pin: Bearer abc, n", f"Pin: {R}, n"),
        ("pin => 1234; n", f"pin => {R}; n"),
        ("https://host/?n=1&pin=12%2034&m=2", f"https://host/?n=1&pin={R}&m=2"),
        ("db.password=a\\b", f"db.password={R}"),
        ("pin=a pin=b", f"pin={R} pin={R}"),
    ],
)
def test_the_value_is_hidden_and_nothing_else(text: str, expected: str) -> None:
    assert PIN.redact(text) == expected
    assert PIN.redact(expected) == expected


@pytest.mark.parametrize(
    "text",
    [
        "The pin is secret.",
        "spin=1",
        "pin-code=1",
        "pins: 2",
        '{"pin": null}',
        '{"pin": ""}',
        "pin: ",
        "dbxpassword=1",
        "",
    ],
)
def test_what_is_no_value_of_the_name_stays(text: str) -> None:
    assert PIN.redact(text) == text


@pytest.mark.parametrize("start", ["", "pin", "pin=", 'pin="', 'pin=\\"', "pin=[", '"pin": {'])
def test_no_text_takes_more_than_linear_time(start: str) -> None:
    started = time.perf_counter()
    for piece in ["pin", "pin ", "pin=", 'pin="', "pin='", 'pin=\\"', "pin=[", "\\", '"', "[", " ", "a", "bearer "]:
        PIN.redact(start + piece * (100_000 // len(piece)))
    assert time.perf_counter() - started < 20


@given(st.lists(st.sampled_from(["pin", "=", ":", " ", '"', "'", "\\", "[", "]", "{", "}", ",", "a", R])).map("".join))
def test_what_was_hidden_stays_as_it_is(text: str) -> None:
    hidden = PIN.redact(text)
    assert PIN.redact(hidden) == hidden
