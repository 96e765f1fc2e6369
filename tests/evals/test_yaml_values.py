"""YAML as JSON values: words stay words, and every value has its line."""

from __future__ import annotations

import pytest

from agentkit.errors import UsageError
from agentkit.evals.yaml_values import read_yaml
from agentkit.messages.message import JSON


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("yes", "yes"),
        ("12:30", "12:30"),
        ("017", "017"),
        ("2026-11-29", "2026-11-29"),
        ("4.50", 4.5),
        ("-3", -3),
        ("true", True),
        ("null", None),
        ("~", None),
        ("'4'", "4"),
        ("[a, 1]", ["a", 1]),
        ("NaN", "NaN"),
        ("|\n  two\n  lines\n", "two\nlines\n"),
    ],
)
def test_a_word_is_a_text_unless_json_has_it(text: str, value: JSON) -> None:
    assert read_yaml(f"x: {text}", "f.yaml")[0] == {"x": value}


def test_every_value_has_its_line() -> None:
    value, lines = read_yaml("a:\n  - b: 1\n    c: 2\n  - d\n", "f.yaml")
    assert value == {"a": [{"b": 1, "c": 2}, "d"]}
    assert (lines[("a", 0, "c")], lines[("a", 1)]) == (3, 4)
    assert read_yaml("", "f.yaml")[0] is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\nb: [", "f.yaml, line 2: it is no YAML"),
        ("a: 1\na: 2", "f.yaml, line 2: 'a' is there twice"),
        ("[1]: 2", "f.yaml, line 1: a name is a text"),
        ("a: 1\n---\nb: 2", "f.yaml, line 2: it is no YAML"),
        ("a: \x00", "no YAML"),
    ],
)
def test_errors_name_the_line(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read_yaml(text, "f.yaml")
