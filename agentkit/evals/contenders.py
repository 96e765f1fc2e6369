"""The kinds of things that can be evaluated: agents, pipelines, and agents made for each task."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from agentkit.evals.task import AnyAgent, AnyTask


@dataclass(frozen=True, slots=True)
class PerTask:
    """An agent that is made anew for each task, such as one that replays the task's solution."""

    make: Callable[[AnyTask], AnyAgent]
    """Returns the agent for a task."""


Pipeline: TypeAlias = "Callable[..., Awaitable[object]]"
"""An async function of the input, and of the world where it takes two parameters, that returns the output. The runs of
agents inside it are found by themselves: their calls and costs count."""
Evaluated: TypeAlias = "AnyAgent | Pipeline | PerTask"
"""An agent, a pipeline, or an agent for each task."""
