"""An agent can be made for each task."""

from agentkit import Agent
from agentkit.evals import PerTask, Task, called


def test_an_agent_is_made_for_a_task() -> None:
    evaluated = PerTask(lambda task: Agent("a", model=f"for {task.name}"))
    assert evaluated.make(Task("Tea?", graders=[called("price")])).model == "for Tea?"
