"""A suite holds tasks with names of their own."""

import pytest

from agentkit.errors import DefinitionError
from agentkit.evals import Case, Suite, Task, called


def test_cases_stand_for_their_tasks() -> None:
    suite = Suite("prices", [Case("Tea?", output=4), Task("Milk?", graders=[called("price")])])
    assert [task.name for task in suite.tasks] == ["Tea?", "Milk?"]


def test_what_cannot_be_a_suite_is_refused_by_name() -> None:
    with pytest.raises(DefinitionError, match=r"Suite\('prices'\): it has no task"):
        Suite("prices", [])
    with pytest.raises(DefinitionError, match="two tasks are called 'Tea"):
        Suite("prices", [Case("Tea?", output=4), Case("Tea?", output=5)])
