"""RunContext, the context of one tool call: passed to every parameter that is annotated with it."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeAlias, cast

from typing_extensions import TypeVar

from agentkit.redaction.redactor import Redactor
from agentkit.tools.artifacts.artifact import ArtifactSlot

if TYPE_CHECKING:
    from agentkit.messages.message import Block
    from agentkit.tools.added_content import AddedContent

Deps_co = TypeVar("Deps_co", default=None, covariant=True)

ProgressListener: TypeAlias = Callable[[str, float | None, float | None], None]
"""Takes the message, the amount done and the total amount; called in whatever thread reports them, at any time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallServices:
    """Progress, artifacts and redaction for one call. The loop extends it for calls that start runs of their own."""

    progress_listener: ProgressListener | None = None
    """Called for each `ctx.progress(...)`. None: progress is dropped."""
    artifact_slot: ArtifactSlot | None = None
    """Keeps a result that is too long to be sent whole. None: such a result is clipped, and the rest is lost."""
    redactor: Redactor = field(default=Redactor(), repr=False)
    """Removes known secrets from tool results."""


current_services: ContextVar[CallServices | None] = ContextVar("agentkit_call", default=None)
"""The services of the tool call, or else of the run, whose code runs now. None: no run is around it."""
stop_request: ContextVar[Callable[[], bool] | None] = ContextVar("agentkit_stop", default=None)
"""Returns True if the tool call whose code runs now is to be stopped, or was, by its timeout or with its run. It is
called in the event loop of the call. None: no tool call is around the code."""


@dataclass(frozen=True, slots=True)
class RunContext(Generic[Deps_co]):
    """The context of one tool call. Annotate a parameter with it, under any name; the model never sees it.

    Make one by hand to test a tool: `await find_items.call({"words": ["tea"]}, RunContext(deps=shop))`.
    """

    deps: Deps_co
    """The dependencies: the run's `deps=`, or the object that the agent's factory opened."""
    run_id: str = "run"
    """The id of the run; a sub-agent's run id starts with that of its parent."""
    agent: str = ""
    """The agent's name."""
    call_id: str = ""
    """The tool call's id, unique in the run: as the model's turn has it, with the number of the turn (`call_0@2`)
    where an earlier turn had it too."""
    attempt: int = 1
    """The number of this attempt, counted from 1; retries count up."""
    _services: CallServices = field(default=CallServices(), repr=False, compare=False)
    _added: list[Block] = field(default_factory=list["Block"], repr=False, compare=False)

    @property
    def idempotency_key(self) -> str:
        """A key that is the same for every attempt of one call: pass it to an operation that must not happen twice."""
        return f"{self.run_id}:{self.call_id}"

    def add_content(self, *parts: AddedContent) -> None:
        """Add content for the model behind the results of this turn, in the same user message.

        A call that fails adds nothing. Raises UsageError for anything but text, Image, File, Document and the API's own
        blocks.

        Args:
            parts: Text, Image, File, Document, or blocks of the API.
        """
        from agentkit.tools.added_content import added_blocks  # late: few tools need it

        redact = self._services.redactor.value
        self._added.extend(cast("Block", redact(block)) for block in added_blocks(parts))

    def progress(self, message: str, *, done: float | None = None, total: float | None = None) -> None:
        """Report progress, from any thread; never waits. After the end of the run it is dropped.

        Args:
            message: The current state, for people.
            done: The amount done, in units of the tool's choice. None: not known.
            total: The total amount in the same units. None: not known.
        """
        if (listener := self._services.progress_listener) is not None:
            listener(message, done, total)


def added_content_of(ctx: RunContext[object]) -> list[Block]:
    """Return the list of the content that a call has added so far."""
    return ctx._added  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - the one place that reads it


def services_of(ctx: RunContext[object]) -> CallServices:
    """Return the services of a call's context. They are agentkit's own, and no attribute for tools to use."""
    return ctx._services  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - the one place that reads it
