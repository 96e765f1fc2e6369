"""The stop flag of a tree of runs: set when the API refuses the credentials, it ends the model calls of all of them."""

from __future__ import annotations

import threading
import weakref
from types import TracebackType

import anyio

from agentkit.errors import ModelError
from agentkit.event_loop import EventLoop, running_library

_CREDENTIAL_STATUSES = (401, 403)
"""HTTP statuses of refused credentials, which every further call would get, too."""

_NO_CALL = "No call was made: the API refused the credentials elsewhere in this tree of runs."

_lock = threading.Lock()
"""Held while the flags of a tree are listed or added to."""


class StopFlag:
    """A flag that all runs of one tree share. Once the API has refused the credentials, no run makes another call.

    Replies that are already streaming are read to their end, and the runs return what they have. The runs of each event
    loop have a flag of their own, since waits are cancelled in their own loop only; `for_this_loop` links it.
    """

    def __init__(self) -> None:
        self.refusal: ModelError | None = None
        """The error that set it. None: it is not set."""
        self.refused_before: str = ""
        """The id of the run in which an earlier execution has recorded that error. Empty: it came in this execution."""
        self.loop = _running_loop()
        """The event loop whose waits it cancels. None: that of the thread that sets it."""
        self._waiting_scopes: set[anyio.CancelScope] = set()
        self._linked: weakref.WeakSet[StopFlag] | None = None
        """The flags of all event loops in which the tree has runs, this one included. None: there is this one only."""

    def for_this_loop(self) -> StopFlag:
        """Return the flag for runs in the running event loop: this one or one that is set together with it."""
        loop = _running_loop()
        if loop is None or self.loop in (None, loop):
            return self
        with _lock:
            if self._linked is None:
                self._linked = weakref.WeakSet((self,))
            found = next((flag for flag in self._linked if flag.loop == loop), None)
            if found is None:
                found = StopFlag()
                self._linked.add(found)
                found._linked = self._linked
            if found.refusal is None:
                found.refusal, found.refused_before = self.refusal, self.refused_before
        return found

    def record(self, error: ModelError) -> None:
        """Record the error of a call. Refused credentials set the flag and cancel everything that waits."""
        if error.status not in _CREDENTIAL_STATUSES or self.refusal is not None:
            return
        with _lock:
            flags = self._flags_of_tree()
            for flag in flags:
                flag.refusal = flag.refusal or error
        for flag in flags:
            if flag.loop is None:
                flag.cancel_waits()
            else:
                flag.loop.call_or_post(flag.cancel_waits)

    def record_replayed(self, error: ModelError, run_id: str) -> None:
        """Record an error that an earlier execution of this run has recorded."""
        if self.refusal is None and error.status in _CREDENTIAL_STATUSES:
            self.record(error)
            for flag in self._flags_of_tree():
                flag.refused_before = run_id

    def lift(self, run_id: str) -> None:
        """Take back a refusal of an earlier execution below this run, which has gone on since then."""
        before = self.refused_before
        if before == run_id or before.startswith(f"{run_id}/"):
            for flag in self._flags_of_tree():
                flag.refusal, flag.refused_before = None, ""

    def _flags_of_tree(self) -> list[StopFlag]:
        return [self] if self._linked is None else list(self._linked)

    def cancel_waits(self) -> None:
        """Cancel everything that waits in this flag's event loop. Called in that loop."""
        for scope in self._waiting_scopes:
            scope.cancel()

    def raise_if_set(self) -> None:
        """Raise ModelError if the flag is set, so that no call is made any more."""
        if self.refusal is not None:
            text = str(self.refusal)  # of a call that an earlier execution did not make for it, it says so already
            raise ModelError(
                text if text.startswith(_NO_CALL) else f"{_NO_CALL} {text}",
                kind=self.refusal.kind,
                status=self.refusal.status,
                request_id=self.refusal.request_id,
            )

    def cancellable_wait(self) -> CancellableWait:
        """Return a context manager for a wait (for a permit, a retry, a first byte) that setting the flag cancels.

        It yields its cancel scope. When the wait is over but the block goes on, pass that to `remove_waiting_scope`.

        Raises:
            ModelError: The flag is set, on entry or while the block waits.
        """
        return CancellableWait(self)

    def add_waiting_scope(self, scope: anyio.CancelScope) -> None:
        """Cancel this scope when the flag is set."""
        self._waiting_scopes.add(scope)

    def remove_waiting_scope(self, scope: anyio.CancelScope) -> None:
        """Do not cancel this scope any more: its wait is over."""
        self._waiting_scopes.discard(scope)


class CancellableWait:
    """The context manager of `StopFlag.cancellable_wait`. A class, since a generator would cost more than its work."""

    __slots__ = ("_scope", "_stop_flag")

    def __init__(self, stop_flag: StopFlag) -> None:
        self._stop_flag = stop_flag
        self._scope = anyio.CancelScope()

    def __enter__(self) -> anyio.CancelScope:
        self._stop_flag.raise_if_set()
        scope = self._scope.__enter__()
        self._stop_flag.add_waiting_scope(scope)
        return scope

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        scope = self._scope
        self._stop_flag.remove_waiting_scope(scope)
        is_handled = scope.__exit__(kind, error, trace)
        if scope.cancelled_caught:
            self._stop_flag.raise_if_set()
        return is_handled


def _running_loop() -> EventLoop | None:
    return None if running_library() is None else EventLoop.current()
