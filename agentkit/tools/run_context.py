"""What a running tool knows of its call: injected wherever a parameter is annotated with RunContext."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeAlias

from typing_extensions import TypeVar

from agentkit.redaction.redactor import Redactor
from agentkit.tools.artifacts.artifact import Shelf
from agentkit.tools.worker_threads import call_soon

Deps_co = TypeVar("Deps_co", default=None, covariant=True)

Progress: TypeAlias = Callable[[str, float | None, float | None], None]
"""Takes the message, how much is done and how much there is in all; called on the event loop's thread."""


@dataclass(frozen=True, slots=True)
class RunContext(Generic[Deps_co]):
    """The context of one tool call. Annotate a parameter with it, under any name; the model never sees it.

    Make one by hand to test a tool: `await find_items.call({"words": ["tea"]}, RunContext(deps=shop))`.
    """

    deps: Deps_co
    """What the run was given as `deps=`, or what the agent's factory opened."""
    run_id: str = "run"
    """The run; a sub-agent's run id starts with that of its parent."""
    agent: str = ""
    """The agent's name."""
    call_id: str = ""
    """The tool call's id, as the model's turn names it."""
    attempt: int = 1
    """How often this call was tried, counted from 1."""
    listener: Progress | None = field(default=None, repr=False, compare=False)
    """Where progress goes. None: nowhere."""
    run: object = field(default=None, repr=False, compare=False)
    """The run around the call, for agents used as tools; of no use to other tools."""
    artifacts: Shelf | None = field(default=None, repr=False, compare=False)
    """Where a result is kept that is too long to be shown whole. None: such a result is clipped, the rest is lost."""
    redactor: Redactor = field(default=Redactor(), repr=False, compare=False)
    """Takes known secrets out of what goes to the model."""

    @property
    def idempotency_key(self) -> str:
        """The same for every execution of the same call: hand it to whatever must not happen twice."""
        return f"{self.run_id}:{self.call_id}"

    def progress(self, message: str, *, done: float | None = None, total: float | None = None) -> None:
        """Say how far the tool is, from async and sync tools alike; never waits.

        `done` and `total` are in the tool's own units; None: not known.
        """
        if self.listener is not None:
            listener = self.listener
            call_soon(lambda: listener(message, done, total))
