"""Answers are compared by what they say: numbers, texts, and everything else as JSON."""

from decimal import Decimal

import pytest

from agentkit.evals.graders import answers
from tests.evals.trials import trial


@pytest.mark.parametrize(
    ("expected", "output"),
    [
        (4.0, 4),
        (4.0, Decimal("4.00")),
        (4.0, "Tea costs 4.00 USD."),
        (4, "2 cups cost 4."),
        (1234567, "It is 1,234,567"),
        (-3, "It is \u22123 degrees"),
        (0.3, 0.1 + 0.2),
        ("Ada Lovelace", " ada  lovelace."),
        ({"a": [1, 2]}, {"a": [1, 2]}),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        (None, None),
        (True, True),
    ],
)
def test_right(expected: object, output: object) -> None:
    assert answers(expected)(trial(output)).passed


@pytest.mark.parametrize(
    ("expected", "output"),
    [
        (4.0, "4 is too little: it costs 5"),
        (4.0, "none"),
        (4.0, None),
        (1, True),
        (True, 1),
        ("Ada", "Ada Lovelace"),
        ({"a": 1}, {"a": 1, "b": 2}),
        (None, "None"),
    ],
)
def test_wrong(expected: object, output: object) -> None:
    grade = answers(expected)(trial(output))
    assert not grade.passed
    assert repr(expected) in grade.reason
