"""What all runs of one tree share: whether any of them may still ask the model."""

from __future__ import annotations

from types import TracebackType

import anyio

from agentkit.errors import ModelError

_REFUSED = (401, 403)
"""Statuses that every further call would get, too."""


class Tree:
    """One tree of runs. When the API refuses its credentials, no run of it makes another call.

    Calls whose reply is coming go on, and what is finished is returned.
    """

    def __init__(self) -> None:
        self._refusal: ModelError | None = None
        self._waiting: set[anyio.CancelScope] = set()

    def saw(self, error: ModelError) -> None:
        """Take notice of what came of a call: a refusal of the credentials ends all waiting."""
        if error.status in _REFUSED and self._refusal is None:
            self._refusal = error
            for scope in self._waiting:
                scope.cancel()

    def check(self) -> None:
        """Raise ModelError when no call may be made any more."""
        if self._refusal is not None:
            raise ModelError(
                f"No call was made: the API refused the credentials elsewhere in this tree of runs. {self._refusal}",
                kind=self._refusal.kind,
                status=self._refusal.status,
                request_id=self._refusal.request_id,
            )

    def waiting(self) -> Waiting:
        """Wait inside for a place, for a time, or for a reply to begin; ended by a refusal of the credentials.

        Raises ModelError then. Whoever need not wait any more calls `stop_waiting` with the scope.
        """
        return Waiting(self)

    def begin_waiting(self, scope: anyio.CancelScope) -> None:
        """Cancel this scope when the credentials are refused."""
        self._waiting.add(scope)

    def stop_waiting(self, scope: anyio.CancelScope) -> None:
        """What was waited for is there: it is no longer ended from elsewhere."""
        self._waiting.discard(scope)


class Waiting:
    """See `Tree.waiting`. A class, since a generator would cost more than all that is done here."""

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
