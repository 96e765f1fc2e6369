"""A task has a name and at least one grader."""

from dataclasses import dataclass

import pytest

from agentkit.errors import DefinitionError
from agentkit.evals import Case, Task, called


@dataclass
class Order:
    item: str


def test_the_name_comes_from_the_input() -> None:
    assert Task("What does\n tea  cost?", graders=[called("price")]).name == "What does tea cost?"
    assert Task(Order("tea"), graders=[called("price")]).name == '{"item":"tea"}'
    assert len(Task("tea " * 100, graders=[called("price")]).name) <= 60


def test_what_cannot_be_a_task_is_refused_by_name() -> None:
    with pytest.raises(DefinitionError, match="give it a grader"):
        Task("What does tea cost?")
    with pytest.raises(DefinitionError, match="needs a `name`"):
        Task(" ", graders=[called("price")])
    with pytest.raises(DefinitionError, match="`graders` is a list"):
        Task("Tea?", graders=called("price"))  # type: ignore[arg-type]  # on purpose
    with pytest.raises(DefinitionError, match="such as `lambda: Order"):
        Task("Tea?", Order("tea"), [called("price")])  # type: ignore[arg-type]  # on purpose
    with pytest.raises(DefinitionError, match="`expect` is a list"):
        Case("Tea?", expect=called("price"))  # type: ignore[arg-type]  # on purpose
    with pytest.raises(DefinitionError, match="max_exchanges"):
        Task("Tea?", graders=[called("price")], max_exchanges=0)
