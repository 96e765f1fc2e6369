"""Names for what is evaluated, and the agents that are made for each task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

from agentkit.errors import UsageError
from agentkit.evals.contenders import Evaluated, PerTask
from agentkit.evals.running.program_failures import failure_text
from agentkit.run.agent_spec import AgentSpec

if TYPE_CHECKING:
    from agentkit.evals.task import AnyAgent, AnyTask


def name_agents(agents: object) -> dict[str, Evaluated]:
    """Return agents by name: an agent's own, or that of a pipeline's function.

    Args:
        agents: As `evaluate` takes them.

    Raises:
        UsageError: There is none, two have the same name, or something is none.
    """
    if isinstance(agents, Mapping):
        named = {str(name): one for name, one in cast("Mapping[object, Evaluated]", agents).items()}
    else:
        several = isinstance(agents, Sequence) and not isinstance(agents, str)
        given = list(cast("Sequence[Evaluated]", agents)) if several else [cast("Evaluated", agents)]
        named = {_own_name(one): one for one in given}
        if len(named) < len(given):
            raise UsageError("evaluate(agents=[...]): two have the same name; give them by name, {name: agent}.")
    if not named:
        raise UsageError("evaluate(agents=...): there is no agent.")
    for name, one in named.items():
        if not isinstance(one, AgentSpec | PerTask) and not callable(one):
            raise UsageError(
                f"evaluate(agents=...): {name!r} is of type {type(one).__name__}; it takes an Agent, an async function "
                "of the input, or PerTask(...)."
            )
    return named


def check_made_agents(agents: Mapping[str, Evaluated], tasks: Sequence[AnyTask]) -> None:
    """Make the agent of each task, before anything is spent. Raises UsageError where that is impossible.

    Args:
        agents: The agents by name.
        tasks: The tasks.
    """
    for name, one in agents.items():
        if isinstance(one, PerTask):
            for task in tasks:
                agent_for(name, one, task)


def agent_for(name: str, per_task: PerTask, task: AnyTask) -> AnyAgent:
    """Return the agent for a task.

    Args:
        name: The name of the agent in the evaluation.
        per_task: What makes it.
        task: The task.

    Raises:
        UsageError: The function raises, or returns no agent.
    """
    place = f"evaluate(agents=...): the function of PerTask, the agent {name!r}, for the task {task.name!r}"
    try:
        made = per_task.make(task)
    except UsageError:
        raise
    except Exception as error:
        raise UsageError(f"{place} raised {failure_text(error)}") from error
    if not isinstance(cast("object", made), AgentSpec) and not callable(made):
        raise UsageError(f"{place} returned {made!r}; it returns an Agent.")
    return made


def _own_name(agent: Evaluated) -> str:
    named = cast("object", agent)
    name = getattr(named, "name", None) or getattr(named, "__name__", None)
    return str(name or type(named).__name__)
