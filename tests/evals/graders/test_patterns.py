"""Outputs are searched for an expression, as text or as JSON."""

import pytest

from agentkit.errors import DefinitionError
from agentkit.evals.graders import matches
from tests.evals.trials import trial


def test_texts_and_json_are_searched() -> None:
    assert matches(r"\b4\.00\b")(trial("Tea costs 4.00 USD.")).passed
    assert matches(r'"price":4')(trial({"price": 4})).passed
    grade = matches("milk")(trial("tea"))
    assert (grade.passed, grade.reason) == (False, "nothing in the answer fits 'milk'")


def test_a_text_that_is_no_expression_is_refused() -> None:
    with pytest.raises(DefinitionError, match="no regular expression"):
        matches("(")
