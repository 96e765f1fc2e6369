"""A case: the small way to write a task, with an expected output and expected calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import cast

from agentkit.errors import DefinitionError
from agentkit.evals.grader import Grader
from agentkit.evals.graders.outputs import answers
from agentkit.evals.task import Task


class _Missing:
    def __repr__(self) -> str:
        return "MISSING"


MISSING = _Missing()
"""No output is expected: only the calls are looked at."""


@dataclass(frozen=True)
class Case:
    """An input, and what is expected of it: `Case("What does tea cost?", output=4.0, expect=[called("price")])`.

    Raises:
        DefinitionError: Nothing is expected.
    """

    input: object
    """The prompt, or a value of the agent's input type."""
    output: object = MISSING
    """The expected output, compared as `answers` does it: as JSON; a number also where it is the last one of a text; a
    text without regard to case, spaces and a full stop at the end."""
    expect: Sequence[Grader] = ()
    """Expectations about the calls (`called("price")`), and graders."""
    _: KW_ONLY
    name: str = ""
    """The name, unique in its suite. Default: the beginning of the input."""
    category: str = ""
    """The kind of task, for breakdowns."""
    tags: Sequence[str] = field(default=())
    """Words by which tasks can be chosen."""

    def __post_init__(self) -> None:
        if not isinstance(cast("object", self.expect), Sequence):
            raise DefinitionError(f"Case({self.input!r}): `expect` is a list, as [{self.expect!r}].")
        if isinstance(self.output, _Missing) and not self.expect:
            raise DefinitionError(f"Case({self.input!r}): give it an `output`, or something to `expect`.")

    def task(self) -> Task[None]:
        """Return the task that the case stands for."""
        graders = [*([] if isinstance(self.output, _Missing) else [answers(self.output)]), *self.expect]
        return Task(self.input, graders=tuple(graders), category=self.category, tags=tuple(self.tags), name=self.name)
