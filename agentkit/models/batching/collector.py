"""The collector of a fan-out: the model calls of many runs, submitted as batches when all of them wait for one."""

from __future__ import annotations

import math
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import partial

import anyio

from agentkit.errors import ModelError
from agentkit.messages.message import JSONObject
from agentkit.messages.request import Request
from agentkit.models.batching.endpoint import BatchEndpoint, request_bytes
from agentkit.models.batching.entry import BatchEntry, Submission, digest_of, submission_record
from agentkit.models.batching.results import LATE
from agentkit.models.batching.submitted_batch import SubmittedBatch, token_of

MAX_REQUESTS = 100_000
"""The most requests of a batch, by the API."""
MAX_BYTES = 256_000_000
"""The most bytes of a batch, by the API."""
BATCH_WAIT_S = 86_400.0
"""Seconds for a batch by default: as long as the API works on one."""
_GRACE_S = 0.05
"""Seconds for which all items have to wait: the next one may be about to begin."""
_QUIET_S = 10.0
"""Seconds without a further request after which a batch is submitted although some items do something else."""


@dataclass(slots=True)
class _OpenBatch:
    """Requests that are collected for the next batch."""

    entries: list[BatchEntry] = field(default_factory=list[BatchEntry])
    bytes: int = 0

    def has_room_for(self, size: int, max_bytes: int) -> bool:
        return len(self.entries) < MAX_REQUESTS and (not self.entries or self.bytes + size < max_bytes)


class BatchCollector:
    """Collects the requests of the items of one fan-out.

    Args:
        endpoint: Takes the batches.
        wait_s: Seconds after which a batch is given up.
        submits: False: it waits for batches of earlier processes only.
    """

    def __init__(self, endpoint: BatchEndpoint, wait_s: float = BATCH_WAIT_S, *, submits: bool = True) -> None:
        self._endpoint, self._wait_s, self._submits = endpoint, wait_s, submits
        self._open: dict[tuple[str, ...], _OpenBatch] = {}
        """The open batches, by betas: these hold for a whole batch."""
        self._earlier: dict[str, SubmittedBatch] = {}
        """Batches of earlier processes, by the beginning of their custom ids."""
        self._batch_of: dict[BatchEntry, SubmittedBatch | None] = {}
        """The requests that wait, each with its batch. None: it is collected."""
        self._max_bytes = MAX_BYTES
        """The most bytes of a batch; fewer where the server, or a proxy before it, takes no more."""
        self._items = 0
        self._waiting = 0
        """The requests without a result."""
        self._changed = anyio.Event()
        self._to_start: list[Callable[[], Coroutine[object, None, None]]] = []
        """The batches to submit or to wait for. Started by one task: an item's own has a context that is the item's."""
        self._tasks = anyio.create_task_group()

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Submit batches inside the block. At its end, whatever is on its way is canceled."""
        error: BaseException | None = None
        try:
            async with self._tasks:
                self._tasks.start_soon(self._submit_when_due, name="batch collector")
                try:
                    yield
                finally:
                    self._tasks.cancel_scope.cancel()
        except BaseExceptionGroup as group:
            if len(group.exceptions) != 1:
                raise
            error = group.exceptions[0]
        if error is not None:  # the block's own exception; outside of `except`, which would set its context
            raise error

    @contextmanager
    def item(self) -> Generator[None]:
        """Count an item inside the block: batches wait until each of them waits for one."""
        self._items += 1
        try:
            yield
        finally:
            self._items -= 1
            self._changed.set()

    async def message_for(self, request: Request) -> JSONObject:
        """Return the message that answers a request. Raises ModelError and what else may come of a batch."""
        record = submission_record.get()
        entry = BatchEntry(request, record, "" if record is None else digest_of(request), self._count_end)
        self._waiting += 1
        earlier = None if record is None else record.take_earlier(entry.digest)
        if earlier is None:
            self._collect(entry)
        else:
            self._rejoin(entry, earlier)
        try:
            return await entry.message()
        finally:
            self._remove(entry)

    def _count_end(self) -> None:
        self._waiting -= 1

    def _collect(self, entry: BatchEntry) -> None:
        if not self._submits:
            entry.fail(ModelError("The request stands in no batch that has answered it.", kind=LATE, is_retryable=True))
            return
        betas, size = entry.request.betas, request_bytes(entry.request)
        batch = self._open.get(betas)
        if batch is not None and not batch.has_room_for(size, self._max_bytes):
            self._submit(betas)
            batch = None
        if batch is None:
            batch = self._open[betas] = _OpenBatch()
        batch.entries.append(entry)
        batch.bytes += size
        self._batch_of[entry] = None
        self._changed.set()

    def _rejoin(self, entry: BatchEntry, submission: Submission) -> None:
        token = token_of(submission)
        batch = self._earlier.get(token)
        if batch is None:
            batch = self._earlier[token] = SubmittedBatch.of_earlier(self._endpoint, self._wait_s, submission)
            self._to_start.append(partial(self._receive_earlier, batch))
        if batch.has_ended and submission["custom_id"] not in batch.results:
            self._collect(entry)
        else:
            self._batch_of[entry] = batch
            batch.add(submission["custom_id"], entry)
            self._changed.set()

    async def _receive_earlier(self, batch: SubmittedBatch) -> None:
        for entry in await batch.rejoin():
            entry.is_sent = False
            self._collect(entry)
        if not batch.has_ended:  # it failed: an item that comes later tries for itself
            del self._earlier[batch.token]

    def _remove(self, entry: BatchEntry) -> None:
        batch = self._batch_of.pop(entry, None)
        if batch is not None:
            batch.leave(entry)
        else:
            for betas, one in [*self._open.items()]:
                if entry in one.entries:
                    one.entries.remove(entry)
                    if not one.entries:
                        del self._open[betas]
        self._changed.set()

    async def _submit_when_due(self) -> None:
        while True:
            self._changed = anyio.Event()
            for work in self._to_start:
                self._tasks.start_soon(work, name="batch")
            self._to_start.clear()
            with anyio.move_on_after(self._quiet_s()) as quiet:
                await self._changed.wait()
            if quiet.cancelled_caught:
                for betas in [*self._open]:
                    self._submit(betas)

    def _quiet_s(self) -> float:
        """Return the seconds without a change after which the open batches are submitted."""
        if not self._open:
            return math.inf
        return _GRACE_S if self._waiting >= self._items else _QUIET_S

    def _submit(self, betas: tuple[str, ...]) -> None:
        collected = self._open.pop(betas)
        batch = SubmittedBatch.of_entries(self._endpoint, self._wait_s, collected.entries)
        self._batch_of |= dict.fromkeys(collected.entries, batch)

        async def submit() -> None:
            await batch.submit()
            if batch.is_too_large:
                self._max_bytes = min(self._max_bytes, collected.bytes // 2)

        self._to_start.append(submit)
        self._changed.set()
