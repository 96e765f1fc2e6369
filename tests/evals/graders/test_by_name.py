"""Graders are found by the names that files use; what is wrong is named, with what was meant."""

from __future__ import annotations

import pytest

from agentkit.errors import DefinitionError
from agentkit.evals.grader import grader_name
from agentkit.evals.graders import GRADER_NAMES, named_grader
from agentkit.messages.message import JSON

FILES: dict[str, JSON] = {
    "answers(4)": {"grader": "answers", "expected": 4},
    "at_most_calls(3)": {"grader": "at_most_calls", "count": 3},
    'called("price", item="tea").times(1)': {
        "grader": "called",
        "tool": "price",
        "arguments": {"item": "tea"},
        "times": 1,
    },
    "cites(1)": {"grader": "cites", "documents": {"a": "b"}},
    'in_order(called("a"), called("b"))': {"grader": "in_order", "tools": ["a", "b"]},
    "matches(re.compile('[0-9]+'))": {"grader": "matches", "pattern": "[0-9]+"},
    "near(4.0, 0.5)": {"grader": "near", "value": 4, "abs": 0.5},
    'never_called("pay")': {"grader": "never_called", "tool": "pay"},
    "person('Polite?')": {"grader": "person", "question": "Polite?"},
    "recovered_from('')": "recovered_from",
    "rubric(('Polite.',))": {"grader": "rubric", "criteria": "Polite.", "model": "claude-haiku-5-5"},
    "same_items(('a', 1))": {"grader": "same_items", "expected": ["a", 1]},
    "world_is({'a': 1})": {"grader": "world_is", "expected": {"a": 1}},
}


@pytest.mark.parametrize(("name", "written"), FILES.items())
def test_every_grader_has_a_name(name: str, written: JSON) -> None:
    assert grader_name(named_grader(written)) == name


def test_none_is_left_out() -> None:
    used = [one["grader"] if isinstance(one, dict) else one for one in FILES.values()]
    assert sorted(map(str, used)) == [*GRADER_NAMES]


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("near", "the grader 'near' needs 'value'."),
        ("answer", "there is no grader 'answer'; did you mean 'answers'?"),
        ("xyzzy", "there is no grader 'xyzzy'; there are answers, at_most_calls, "),
        ({"grader": "near", "value": 4, "abss": 1}, "the grader 'near' takes no 'abss', but value, abs, rel."),
        ({"grader": "called", "tool": "a", "item": 1}, "takes no 'item', but tool, arguments, times."),
        ({"grader": "near", "value": "four"}, "the grader 'near', value: Input should be a valid number"),
        ({"grader": "matches", "pattern": "("}, "it is no regular expression"),
        ({"pattern": "a"}, "a grader is a name, or an object"),
        (["near"], "a grader is a name, or an object"),
    ],
)
def test_what_is_wrong_is_named(written: JSON, problem: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        named_grader(written)
    assert problem in str(caught.value)
