"""The names of what is evaluated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from agentkit.errors import UsageError
from agentkit.evals.contenders import Evaluated, PerTask
from agentkit.run.agent_spec import AgentSpec


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


def _own_name(agent: Evaluated) -> str:
    named = cast("object", agent)
    name = getattr(named, "name", None) or getattr(named, "__name__", None)
    return str(name or type(named).__name__)
