"""The state that a conversation keeps between its runs, and the one run that may be in progress."""

from __future__ import annotations

import contextlib
import threading
from dataclasses import dataclass, field

import anyio

from agentkit.errors import UsageError
from agentkit.event_loop import EventLoop
from agentkit.history.request_hash import conversation_hash
from agentkit.history.saved import SavedConversation
from agentkit.history.transcript import Transcript
from agentkit.tools.artifacts.artifact import ConversationArtifacts

_lock = threading.Lock()
"""Held while the current run of a conversation is looked up and set."""


@dataclass(slots=True)
class CurrentRun:
    """A run of a conversation that is in progress."""

    loop: EventLoop = field(default_factory=EventLoop.current)
    is_stopping: bool = False
    """True once its stream was cancelled or dropped: it only cleans up."""
    has_ended: bool = False
    _ended: anyio.Event | None = None
    """Set at its end. None: nobody waits for that."""

    async def wait_until_ended(self) -> None:
        """Wait for its end, in its event loop."""
        if not self.has_ended:
            self._ended = self._ended or anyio.Event()
            await self._ended.wait()

    def end(self) -> None:
        """Note that it has ended, in its event loop."""
        self.has_ended = True
        if self._ended is not None:
            self._ended.set()


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
        while (current := self._claim(run)) is not None:
            if not current.is_stopping:
                raise UsageError(f"This conversation with {agent!r} is in the middle of a run: await that first.")
            with contextlib.suppress(UsageError):  # its event loop has ended, and the run with it
                await current.loop.run(current.wait_until_ended, "the run before")

    def _claim(self, run: CurrentRun) -> CurrentRun | None:
        """Make `run` the current one, or return the one in progress; that of an event loop that has ended is none."""
        with _lock:  # two threads may send a message at the same moment
            current = self.current_run
            if current is None or current.loop.has_ended:
                self.current_run, current = run, None
        return current

    def end_run(self, run: CurrentRun) -> None:
        """Note that a run has ended."""
        run.end()
        with _lock:
            if self.current_run is run:
                self.current_run = None

    def hash(self) -> str:
        """Return the hash of its messages so far. Empty: there are none."""
        if self.transcript is not None:
            return conversation_hash(self.transcript.messages)
        return "" if self.saved is None else conversation_hash(self.saved.messages)

    def fork(self) -> ConversationState:
        """Return the state of another conversation that goes on from the same point."""
        transcript = None if self.transcript is None else self.transcript.fork()
        return ConversationState(transcript, saved=self.saved, artifacts=self.artifacts.fork())
