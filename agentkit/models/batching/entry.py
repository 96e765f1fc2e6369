"""A request of a batch, from the moment it is collected until it has its result."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Protocol

import anyio
from typing_extensions import TypedDict

from agentkit.messages.message import JSONObject, encode
from agentkit.messages.request import Request
from agentkit.models.model import is_waiting_to_send

_NOT_IN_DIGEST = ("max_tokens", "stream")
"""Options that may differ when a request is made again: a budget lowers the first one."""


class Submission(TypedDict):
    """The place of a request in a batch, as it is recorded before the batch is sent."""

    digest: str
    """The digest of the request."""
    custom_id: str
    """The id of the request in its batch; its beginning is common to all requests of the batch."""
    batch: str
    """The id of the batch. Empty: it is not known, since the answer of the server is missing."""
    requests: int
    """The number of requests in the batch."""
    at: float
    """The time of the submission, in seconds since 1970."""


class SubmissionRecord(Protocol):
    """Records where the requests of one model call were submitted, so that a later process goes on waiting for them."""

    def take_earlier(self, digest: str) -> Submission | None:
        """Return, once, where an earlier process has submitted a request. None: it has not."""
        ...

    async def announce(self, submission: Submission) -> None:
        """Record where a request is about to be submitted, or was. Raises JournalError."""
        ...


submission_record: ContextVar[SubmissionRecord | None] = ContextVar("submission_record", default=None)
"""The record of the model call that is being made. None: nothing is recorded."""


def _do_nothing() -> None:
    pass


@dataclass(slots=True, eq=False)
class BatchEntry:
    """A request that waits for its result."""

    request: Request
    record: SubmissionRecord | None = None
    digest: str = ""
    """The digest of the request. Empty: nothing is recorded."""
    on_end: Callable[[], None] = _do_nothing
    """Called once the request waits no longer."""
    custom_id: str = ""
    """Its id in the batch. Empty: it is in none yet."""
    is_sent: bool = False
    """True once the request may have been sent, so that it may cost something."""
    _message: JSONObject = field(default_factory=dict[str, Any])
    _error: Exception | None = None
    _ended: anyio.Event = field(default_factory=anyio.Event)

    def end(self, message: JSONObject) -> None:
        """Hand over the message that is the reply."""
        self._message = message
        self._stop_waiting()

    def fail(self, error: Exception) -> None:
        """Hand over the error that the request comes to."""
        self._error = error
        self._stop_waiting()

    def _stop_waiting(self) -> None:
        if not self._ended.is_set():
            self._ended.set()
            self.on_end()

    async def message(self) -> JSONObject:
        """Wait for the message. Raises the error that the request comes to."""
        is_waiting_to_send.set(True)
        try:
            await self._ended.wait()
        finally:
            is_waiting_to_send.set(not self.is_sent)
            self._stop_waiting()
        if self._error is not None:
            raise self._error
        return self._message


def digest_of(request: Request) -> str:
    """Return the digest by which a request is recognized when it is made again."""
    digest = hashlib.sha256(request.prefix.encoded)
    for message in request.messages:
        digest.update(message.encoded)
    digest.update(encode({name: value for name, value in request.options.items() if name not in _NOT_IN_DIGEST}))
    return digest.hexdigest()
