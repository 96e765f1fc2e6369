"""What all runs of one tree share: whether any of them may still ask the model."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

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

    @contextmanager
    def waiting(self) -> Generator[anyio.CancelScope]:
        """Wait inside for a place, for a time, or for a reply to begin; ended by a refusal of the credentials.

        Raises ModelError then. Whoever need not wait any more calls `stop_waiting` with the scope.
        """
        self.check()
        with anyio.CancelScope() as scope:
            self._waiting.add(scope)
            try:
                yield scope
            finally:
                self._waiting.discard(scope)
        if scope.cancelled_caught:
            self.check()

    def stop_waiting(self, scope: anyio.CancelScope) -> None:
        """What was waited for is there: it is no longer ended from elsewhere."""
        self._waiting.discard(scope)
