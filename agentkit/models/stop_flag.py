"""The stop flag of a tree of runs: set when the API refuses the credentials, it ends the model calls of all of them."""

from __future__ import annotations

from types import TracebackType

import anyio

from agentkit.errors import ModelError

_REFUSED = (401, 403)
"""HTTP statuses of refused credentials, which every further call would get, too."""


class Tree:
    """A flag that all runs of one tree share. Once the API has refused the credentials, no run makes another call.

    Replies that are already streaming are read to their end, and the runs return what they have.
    """

    def __init__(self) -> None:
        self._refusal: ModelError | None = None
        self._waiting: set[anyio.CancelScope] = set()

    def saw(self, error: ModelError) -> None:
        """Record the error of a call. Refused credentials set the flag and cancel everything that waits."""
        if error.status in _REFUSED and self._refusal is None:
            self._refusal = error
            for scope in self._waiting:
                scope.cancel()

    def check(self) -> None:
        """Raise ModelError if the flag is set, so that no call is made any more."""
        if self._refusal is not None:
            raise ModelError(
                f"No call was made: the API refused the credentials elsewhere in this tree of runs. {self._refusal}",
                kind=self._refusal.kind,
                status=self._refusal.status,
                request_id=self._refusal.request_id,
            )

    def waiting(self) -> Waiting:
        """Return a context manager for a wait (for a permit, a retry, a first byte) that setting the flag cancels.

        It yields its cancel scope. When the wait is over but the block goes on, pass that to `remove_waiting_scope`.

        Raises:
            ModelError: The flag is set, on entry or while the block waits.
        """
        return Waiting(self)

    def begin_waiting(self, scope: anyio.CancelScope) -> None:
        """Cancel this scope when the flag is set."""
        self._waiting.add(scope)

    def stop_waiting(self, scope: anyio.CancelScope) -> None:
        """Do not cancel this scope any more: its wait is over."""
        self._waiting.discard(scope)


class Waiting:
    """The context manager of `StopFlag.cancellable_wait`. A class, since a generator would cost more than its work."""

    __slots__ = ("_scope", "_tree")

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._scope = anyio.CancelScope()

    def __enter__(self) -> anyio.CancelScope:
        self._tree.check()
        scope = self._scope.__enter__()
        self._tree.begin_waiting(scope)
        return scope

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        scope = self._scope
        self._tree.stop_waiting(scope)
        is_handled = scope.__exit__(kind, error, trace)
        if scope.cancelled_caught:
            self._tree.check()
        return is_handled
