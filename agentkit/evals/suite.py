"""A suite: tasks that are evaluated together, and the agents it brings along."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import TYPE_CHECKING

from agentkit.errors import DefinitionError
from agentkit.evals.case import Case
from agentkit.evals.contenders import Evaluated

if TYPE_CHECKING:
    from agentkit.evals.task import AnyAgent, AnyTask


@dataclass(frozen=True)
class Suite:
    """Tasks with names of their own, in order.

    Raises:
        DefinitionError: There is no task, or two have the same name.
    """

    name: str
    """The name, as reports and the history show it."""
    tasks: Sequence[AnyTask]
    """The tasks; a `Case` stands for its task."""
    _: KW_ONLY
    description: str = ""
    """One sentence for the report."""
    agent: AnyAgent | None = None
    """The agent with the instructions and tools that the tasks need. A model id names a copy of it with that model.
    None: agents have to bring all that they need."""
    agents: Mapping[str, Evaluated] = field(default_factory=dict[str, Evaluated])
    """Agents that the suite brings by name: an oracle, baselines."""

    def __init__(
        self,
        name: str,
        tasks: Sequence[AnyTask | Case],
        *,
        description: str = "",
        agent: AnyAgent | None = None,
        agents: Mapping[str, Evaluated] | None = None,
    ) -> None:
        if isinstance(tasks, str):
            raise DefinitionError(
                f"Suite({name!r}): {tasks!r} is no list of tasks; read_suite(path) reads a file of them."
            )
        chosen = tuple(one.task() if isinstance(one, Case) else one for one in tasks)
        if not chosen:
            raise DefinitionError(f"Suite({name!r}): it has no task.")
        names = [task.name for task in chosen]
        twice = sorted({one for one in names if names.count(one) > 1}) if len(set(names)) < len(names) else []
        if twice:
            raise DefinitionError(f"Suite({name!r}): two tasks are called {twice[0]!r}; give them names of their own.")
        for attribute, value in (
            ("name", name),
            ("tasks", chosen),
            ("description", description),
            ("agent", agent),
            ("agents", dict(agents or {})),
        ):
            object.__setattr__(self, attribute, value)
