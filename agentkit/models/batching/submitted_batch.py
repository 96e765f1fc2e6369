"""The life of one batch: recorded, submitted, looked at until it has ended, its results handed over.

Two rules for this file: a batch that may have been created is never submitted again before it was looked for; and what
goes wrong on the way to a batch that works on is tried again, since its results are paid for.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

import anyio

from agentkit.errors import ConfigurationError, JournalError, ModelError
from agentkit.log import log
from agentkit.messages.message import JSONObject
from agentkit.models.batching.endpoint import BatchEndpoint, is_outcome_unknown
from agentkit.models.batching.entry import BatchEntry, Submission
from agentkit.models.batching.lost_batches import find_batch
from agentkit.models.batching.polling import growing_pauses, until_answered
from agentkit.models.batching.results import message_of

_REFUSED_REQUEST = re.compile(r"\brequests\.(\d+)\b")
"""The place of the request that the refusal of a batch is about."""
_CANCEL_S = 5.0
"""Seconds that the request to cancel a batch may take when the program ends."""


@dataclass(slots=True, eq=False)
class SubmittedBatch:
    """A batch that is about to be submitted, or that an earlier process has submitted."""

    endpoint: BatchEndpoint
    wait_s: float
    """Seconds after which the batch is canceled."""
    token: str = field(default_factory=lambda: secrets.token_hex(12))
    """The beginning of the custom ids of all its requests."""
    id: str = ""
    """The id of the batch. Empty: it is not known."""
    size: int = 0
    """The number of its requests."""
    at: float = field(default_factory=time.time)
    """The time of the submission, in seconds since 1970."""
    is_earlier: bool = False
    """True if an earlier process has submitted it."""
    results: dict[str, JSONObject] = field(default_factory=dict[str, JSONObject])
    """The results that nobody has claimed yet, by custom id: those of items that begin later in this process."""
    is_too_large: bool = False
    """True if the server has refused it for its size."""
    has_ended: bool = False
    """True once all results are here."""
    _entries: dict[str, BatchEntry] = field(default_factory=dict[str, BatchEntry])
    _abandoned: anyio.Event = field(default_factory=anyio.Event)
    _was_given_up: bool = False
    _is_cancelled: bool = False

    @classmethod
    def of_entries(cls, endpoint: BatchEndpoint, wait_s: float, entries: Iterable[BatchEntry]) -> SubmittedBatch:
        """Return a batch of these requests, to be submitted."""
        batch = cls(endpoint, wait_s)
        for number, entry in enumerate(entries):
            entry.custom_id = f"{batch.token}-{number}"
            batch._entries[entry.custom_id] = entry
        return batch

    @classmethod
    def of_earlier(cls, endpoint: BatchEndpoint, wait_s: float, submission: Submission) -> SubmittedBatch:
        """Return the batch in which an earlier process has submitted a request."""
        token, size, at = token_of(submission), submission["requests"], submission["at"]
        return cls(endpoint, wait_s, token, submission["batch"], size, at, is_earlier=True)

    def add(self, custom_id: str, entry: BatchEntry) -> None:
        """Let a request wait for its result; that of an earlier process may be here already."""
        entry.is_sent, entry.custom_id = True, custom_id
        if custom_id in self.results:
            self._hand_over(entry, self.results.pop(custom_id))
        else:
            self._entries[custom_id] = entry

    def leave(self, entry: BatchEntry) -> None:
        """Let a request wait no longer. Where none waits any more, the batch is canceled, but for an earlier one."""
        self._entries.pop(entry.custom_id, None)
        if not self._entries and not self.is_earlier:
            self._abandoned.set()

    async def submit(self) -> None:
        """Record where the requests are, send them, and wait for their results."""
        try:
            while self._entries and not self.id:
                while self.size != len(self._entries):  # some may leave meanwhile
                    self.size = len(self._entries)
                    await self._announce()
                if self._entries:
                    self.id = await self._create()
            if self.id:
                log().info("a batch was submitted", batch=self.id, requests=self.size)
                await self._receive()
        except (ModelError, ConfigurationError) as error:
            self._fail_rest(error)

    async def rejoin(self) -> list[BatchEntry]:
        """Wait for the results of a batch of an earlier process; return the requests that it turns out not to hold."""
        try:
            self.id = self.id or await find_batch(self.endpoint, self.token, self.size, self.at) or ""
            if not self.id:
                self.has_ended = True
                return self._take_entries()
            log().info("waiting for a batch of an earlier process", batch=self.id, requests=self.size)
            await self._receive()
        except (ModelError, ConfigurationError) as error:
            self._fail_rest(self._unknown_batch() if getattr(error, "status", None) == 404 else error)
        return []

    def _unknown_batch(self) -> ModelError:
        """Return the error where the server does not know the batch: submitted again, it would be paid for twice."""
        return ModelError(
            f"An earlier process has submitted this request in batch {self.id or self.token}, which the server does "
            "not know with this key: take the key of its workspace, or run the items under another `run_id`.",
            kind="not_found_error",
        )

    # -- submission --------------------------------------------------------------------------------------------

    async def _announce(self) -> None:
        """Record for each request where it is; a request for which that fails is left out, or ends."""

        async def announce(custom_id: str, entry: BatchEntry) -> None:
            if entry.record is None:
                return
            submission: Submission = {
                "digest": entry.digest,
                "custom_id": custom_id,
                "batch": self.id,
                "requests": self.size,
                "at": self.at,
            }
            try:
                await entry.record.announce(submission)
            except JournalError as error:
                self._entries.pop(custom_id, None)
                entry.fail(error)

        if any(entry.record is not None for entry in self._entries.values()):
            async with anyio.create_task_group() as tasks:
                for custom_id, entry in self._entries.items():
                    tasks.start_soon(announce, custom_id, entry)

    async def _create(self) -> str:
        """Submit the requests, and return the id of the batch. Empty: one of them was refused, and is left out.

        After a lost answer the batch is looked for; if it is not there, the error is raised.
        """
        for entry in self._entries.values():
            entry.is_sent = True
        requests = [(custom_id, entry.request) for custom_id, entry in self._entries.items()]
        batch_id = ""
        try:
            with anyio.CancelScope(shield=True):  # a batch whose id is not known could not be canceled
                batch_id = await self.endpoint.create(requests, requests[0][1].betas)
        except ModelError as error:
            if not is_outcome_unknown(error):
                self._refuse(error)
                return ""
            log().warning("the answer to the submission of a batch was lost", token=self.token, error=str(error))
            found = await find_batch(self.endpoint, self.token, self.size, self.at)
            if found is None:
                raise
            return found
        return batch_id

    def _refuse(self, error: ModelError) -> None:
        """Fail the request that an error is about, or raise the error. A batch that is too large is tried in parts."""
        named = _REFUSED_REQUEST.search(str(error)) if error.status == 400 else None
        if named is not None and int(named[1]) < len(self._entries):
            custom_id = [*self._entries][int(named[1])]
            self._entries.pop(custom_id).fail(error)
            return
        if error.status != 413 or len(self._entries) == 1:
            raise error
        self.is_too_large = True
        text = f"The server takes no batch of {len(self._entries)} such requests: {error}"
        raise ModelError(text, kind=error.kind, is_retryable=True) from error

    # -- results -----------------------------------------------------------------------------------------------

    async def _receive(self) -> None:
        """Wait until the batch has ended, and hand over its results."""
        try:
            if not self.is_earlier:
                await self._announce()
            await self._wait_until_ended()
        except anyio.get_cancelled_exc_class():
            await self._cancel_in_time()
            raise
        if self._abandoned.is_set():
            return
        await until_answered(lambda: self.endpoint.read_results(self.id, self._take_result), self.id)
        self.has_ended = True
        log().info("a batch has ended", batch=self.id, requests=self.size)
        text = f"Batch {self.id} has ended without a result for this request."
        self._fail_rest(ModelError(text, kind="protocol_error"))

    def _take_result(self, custom_id: str, result: JSONObject) -> None:
        entry = self._entries.pop(custom_id, None)
        if entry is not None:
            self._hand_over(entry, result)
        elif self.is_earlier:
            self.results[custom_id] = result

    def _hand_over(self, entry: BatchEntry, result: JSONObject) -> None:
        try:
            given_up = self._was_given_up
            message = message_of(result, self.id, is_ours_to_cancel=self.is_earlier, was_given_up=given_up)
        except ModelError as error:
            entry.fail(error)
        else:
            entry.end(message)

    def _fail_rest(self, error: ModelError | ConfigurationError) -> None:
        for entry in self._take_entries():
            entry.fail(_copy_of(error))

    def _take_entries(self) -> list[BatchEntry]:
        entries, self._entries = [*self._entries.values()], {}
        return entries

    # -- the end -----------------------------------------------------------------------------------------------

    async def _wait_until_ended(self) -> None:
        """Look at the batch until it has ended; cancel it when its time is over, or nobody waits for it any more."""
        for pause_s in growing_pauses():
            status = await until_answered(lambda: self.endpoint.status(self.id), self.id)
            if status.get("processing_status") == "ended":
                return
            seconds_left = self.at + self.wait_s - time.time()
            if self._abandoned.is_set():
                await self._cancel_in_time()
                return
            if self._was_given_up:
                await anyio.sleep(pause_s)
            elif seconds_left <= 0:
                self._was_given_up = True
                log().warning("a batch is canceled: its time is over", batch=self.id, waited_s=self.wait_s)
                await self._cancel()
            else:
                with anyio.move_on_after(min(pause_s, seconds_left)):
                    await self._abandoned.wait()

    async def _cancel(self) -> None:
        try:
            await until_answered(lambda: self.endpoint.cancel(self.id), self.id)
        except ModelError as error:
            if error.status != 400:  # it has ended meanwhile
                raise
        self._is_cancelled = True

    async def _cancel_in_time(self) -> None:
        """Cancel the batch, unless it is, without waiting for long: the program, or the fan-out, may be at its end."""
        with anyio.move_on_after(_CANCEL_S, shield=True):
            try:
                if not self._is_cancelled:
                    await self.endpoint.cancel(self.id)
                    self._is_cancelled = True
            except (ModelError, ConfigurationError) as error:
                log().warning("a batch could not be canceled", batch=self.id, error=str(error))


def token_of(submission: Submission) -> str:
    """Return the beginning that the custom ids of a batch have in common."""
    return submission["custom_id"].rpartition("-")[0]


def _copy_of(error: ModelError | ConfigurationError) -> ModelError | ConfigurationError:
    """Return the same error for one more run: each changes its own."""
    if isinstance(error, ConfigurationError):
        return ConfigurationError(str(error))
    return ModelError(
        str(error),
        kind=error.kind,
        code=error.code,
        status=error.status,
        request_id=error.request_id,
        is_retryable=error.is_retryable,
        retry_after_s=error.retry_after_s,
    )
