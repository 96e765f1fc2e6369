"""A case becomes a task whose graders are its expected output and calls."""

import pytest

from agentkit.errors import DefinitionError
from agentkit.evals import Case, called
from agentkit.evals.graders import answers


def test_a_case_stands_for_a_task() -> None:
    task = Case("What does tea cost?", output=4.0, expect=[called("price")], category="prices", tags=["tea"]).task()
    assert (task.name, task.category, task.tags) == ("What does tea cost?", "prices", ("tea",))
    assert task.graders == (answers(4.0), called("price"))


def test_an_output_of_none_is_expected_as_such() -> None:
    assert Case("Who?", output=None).task().graders == (answers(None),)


def test_a_case_expects_something() -> None:
    with pytest.raises(DefinitionError, match="give it an `output`"):
        Case("What does tea cost?")
