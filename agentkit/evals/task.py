"""A task of an evaluation: an input, the world it is done in, and the graders that look at what was done."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, cast

from agentkit.errors import DefinitionError
from agentkit.evals.grader import Grader
from agentkit.evals.trial import World
from agentkit.messages.message import JSON
from agentkit.tools.serialization import json_text

if TYPE_CHECKING:
    from agentkit.agents.agent import Agent

AnyAgent: TypeAlias = "Agent[Any, Any, Any]"
"""An agent, whatever its types of deps, input and output."""
Setup: TypeAlias = (
    "Callable[[], World | Awaitable[World] | AbstractContextManager[World] | AbstractAsyncContextManager[World]]"
)
"""Makes the world of a try, which the agent gets as its `deps`: a function that returns it, or a context manager that
yields it and cleans up after the grading."""

_MOST_CHARS_OF_A_NAME = 60


@dataclass(frozen=True, slots=True)
class SolutionCall:
    """A call of a known-good solution."""

    tool: str
    """The name of the tool."""
    arguments: Mapping[str, JSON]
    """Its arguments, as a model would write them."""
    is_retried: bool = False
    """True: if it fails, it is made once more, as for a failure that the world has in store."""
    is_refused: bool = False
    """True: it fails, and the calls behind it reach the goal in another way."""


@dataclass(frozen=True)
class Task(Generic[World]):
    """One task: every try at it has a world of its own, and passes if all graders pass it.

    `Task("Pay the invoice of Ada.", setup=Office, graders=[was_paid])`. Grade the state of the world or the calls that
    were made, and the agent's words only where the answer itself is the task.

    Raises:
        DefinitionError: It has no grader, or an empty name.
    """

    input: object
    """The prompt, or a value of the agent's input type."""
    setup: Setup[World] | None = None
    """Makes the world of a try. None: there is none, and the agent runs without `deps`."""
    graders: Sequence[Grader] = ()
    """The graders, at least one."""
    category: str = ""
    """The kind of task, for breakdowns."""
    tags: Sequence[str] = ()
    """Words by which tasks can be chosen."""
    _: KW_ONLY
    name: str = ""
    """The name, unique in its suite. Default: the beginning of the input."""
    user: AnyAgent | None = None
    """An agent that plays the user: it answers the evaluated agent until it says that the conversation is over."""
    max_exchanges: int = 10
    """The most messages of the user, the first one included. Counts only where there is a `user`."""
    solution: Sequence[SolutionCall] = ()
    """Calls that are known to do the task, for the oracle. Empty: none are known."""

    def __post_init__(self) -> None:
        if not self.name:
            text = self.input if isinstance(self.input, str) else json_text(self.input)
            object.__setattr__(self, "name", " ".join(text.split())[:_MOST_CHARS_OF_A_NAME].strip())
        if not self.name:
            raise DefinitionError("Task(...): the input is empty, so it needs a `name`.")
        if not isinstance(cast("object", self.graders), Sequence):
            raise DefinitionError(f"Task({self.name!r}): `graders` is a list of graders, not {self.graders!r}.")
        if self.setup is not None and not callable(self.setup):
            raise DefinitionError(
                f"Task({self.name!r}): `setup` makes the world of each try: give a class or a function, such as "
                f"`lambda: {type(self.setup).__name__}(...)`, not one {type(self.setup).__name__} for all tries."
            )
        if not self.graders:
            raise DefinitionError(f"Task({self.name!r}): give it a grader; a task without one would pass anything.")
        if self.max_exchanges < 1:
            raise DefinitionError(f"Task({self.name!r}): `max_exchanges` is {self.max_exchanges}; it is at least 1.")


AnyTask: TypeAlias = Task[Any]
"""A task, whatever its world."""
