"""Lists and sets are compared without their order, and with how often an item comes."""

from dataclasses import dataclass

import pytest

from agentkit.evals.graders import same_items
from tests.evals.trials import trial


@dataclass(frozen=True)
class Line:
    item: str
    count: int


@pytest.mark.parametrize(
    ("expected", "output"),
    [
        (["Ada", "Bob"], ["bob.", " ADA "]),
        ({"a", "b"}, {"b", "a"}),
        ([1, 2.0], (2, 1)),
        ([Line("tea", 2)], [{"count": 2, "item": "Tea"}]),
        (["a"], '["A"]'),
        ([], []),
    ],
)
def test_the_same(expected: list[object], output: object) -> None:
    assert same_items(expected)(trial(output)).passed


def test_missing_and_extra_items_are_named_and_the_score_is_what_is_common() -> None:
    grade = same_items(["a", "a", "b"])(trial(["a", "b", "c"]))
    assert (grade.passed, grade.reason, grade.score) == (False, 'missing: "a"; not expected: "c"', 0.5)
    assert not same_items([1])(trial([True])).passed
    assert same_items(["a"])(trial("a")).reason == "the answer is no list: 'a'"
