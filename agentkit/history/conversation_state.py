"""The state that a conversation keeps between its runs, and the one run that may be in progress."""

from __future__ import annotations

from dataclasses import dataclass, field

import anyio

from agentkit.errors import UsageError
from agentkit.event_loop import EventLoop
from agentkit.history.saved import SavedConversation
from agentkit.history.transcript import Transcript
from agentkit.tools.artifacts.artifact import ConversationArtifacts


@dataclass(slots=True)
class CurrentRun:
    """A run of a conversation that is in progress."""

    loop: EventLoop = field(default_factory=EventLoop.current)
    ended: anyio.Event = field(default_factory=anyio.Event)
    is_stopping: bool = False
    """True once its stream was cancelled or dropped: it only cleans up."""


@dataclass
class ConversationState:
    """The state that a conversation keeps between its runs."""

    transcript: Transcript | None = None
    current_run: CurrentRun | None = None
    """The run in progress. None: there is none."""
    saved: SavedConversation | None = None
    """The saved conversation that it continues. None: it begins empty."""
    artifacts: ConversationArtifacts = field(default_factory=ConversationArtifacts)
    """Artifacts of long tool results, kept as long as the conversation object lives."""

    async def begin_run(self, agent: str, run: CurrentRun) -> None:
        """Make `run` the current one, once a run that was cancelled or dropped has ended.

        Raises:
            UsageError: Another run is in progress.
        """
        while (current := self.current_run) is not None:
            if not current.is_stopping or current.loop != run.loop:
                raise UsageError(f"This conversation with {agent!r} is in the middle of a run: await that first.")
            await current.ended.wait()
        self.current_run = run

    def end_run(self) -> None:
        """Note that the current run has ended."""
        if self.current_run is not None:
            self.current_run.ended.set()
            self.current_run = None

    def fork(self) -> ConversationState:
        """Return the state of another conversation that goes on from the same point."""
        transcript = None if self.transcript is None else self.transcript.fork()
        return ConversationState(transcript, saved=self.saved, artifacts=self.artifacts.fork())
