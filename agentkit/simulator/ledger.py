"""The ledger of the server: a row for each message request, with the usage that was really sent and its cost.

Tests compare budgets with it. So it counts the bytes that were handed to the client, not the reply that was planned: a
stream that breaks off or is abandoned has cost its whole prompt and the content of its complete events.
"""

from __future__ import annotations

import json
import threading
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any, cast

from agentkit.budget.prices import cost_of
from agentkit.budget.usage import Cost, Usage
from agentkit.messages.message import JSONObject, encode
from agentkit.simulator.http.wire import Response
from agentkit.simulator.model_behavior.prompt_cache import BYTES_PER_TOKEN
from agentkit.simulator.reply_cost import reply_cost_usd, reply_usage

_NO_USAGE = Usage()
_lock = threading.RLock()
"""Held while rows are opened and closed, in any thread. Reentrant: the garbage collector may close one meanwhile."""


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One message request that passed the rules."""

    model: str
    conversation: str
    """The digest of the conversation; a retry has the same one."""
    status: int = 0
    """The HTTP status. 0: none was sent yet, the connection broke before it, or the client disconnected."""
    record: JSONObject = field(default_factory=dict[str, Any])
    """The usage record that is billed: of what was sent. Empty for an error."""
    reported: Usage = _NO_USAGE
    """All tokens of the reply by its final usage record, sent or not: also those of other requests that the server
    made for it. Zero for an error."""
    usage: Usage = _NO_USAGE
    """The usage of what was sent: `reported` if that was everything, zero if it was not a byte of a reply."""
    is_whole: bool = False
    """True if all of the reply's content was sent."""
    is_abandoned: bool = False
    """True if the client hung up before it had a reply's first byte, or the whole of an error: it may pay for it."""
    is_open: bool = True
    """True while the request is being answered; `usage` is known afterwards."""

    @property
    def usd(self) -> float | None:
        """The cost in US dollars. None: the price is not known."""
        if self.record:
            return reply_cost_usd(self.model, self.record)
        return cost_of(self.model, self.usage).usd


@dataclass(slots=True)
class Ledger:
    """The rows of one server; requests of batches, at their price, stand in it as they are worked off."""

    rows: list[LedgerRow] = field(default_factory=list[LedgerRow])
    """In the order in which the requests arrived, with those that got an error."""
    concurrency: int = 0
    """The number of requests that are being answered now, from their arrival to the last byte."""
    peak_concurrency: int = 0
    """The highest value of `concurrency` so far."""

    @property
    def usage(self) -> Usage:
        """The sum of the rows' usage; `requests` counts those of which a part of the reply was sent."""
        return sum((row.usage for row in self.rows), _NO_USAGE)

    @property
    def usd(self) -> float | None:
        """The cost of all rows in US dollars, each priced by its own prompt length. None: a price is not known."""
        return sum((Cost(row.usd) for row in self.rows), Cost()).usd

    def open_row(self, model: str, conversation: str) -> LedgerEntry:
        """Open the row of a request that has just arrived."""
        with _lock:
            self.rows.append(LedgerRow(model, conversation))
            self.concurrency += 1
            self.peak_concurrency = max(self.peak_concurrency, self.concurrency)
            return LedgerEntry(self, len(self.rows) - 1)

    def close_row(self, index: int, row: LedgerRow) -> None:
        """Replace a row by its final state, unless that was done."""
        with _lock:
            if self.rows[index].is_open:
                self.rows[index] = row
                self.concurrency -= 1


class LedgerEntry:
    """A row whose request is being answered."""

    def __init__(self, ledger: Ledger, index: int) -> None:
        self._ledger = ledger
        self._index = index
        self._is_stream = False
        self._reported: JSONObject = {}
        self._is_error = False
        self._sent = bytearray()

    def count_response(self, response: Response, usage: JSONObject | None) -> Response:
        """Return the response with its bytes counted as they are sent.

        Args:
            response: The response to the request of this row.
            usage: The final usage record of the reply. None: the response is an error.
        """
        reported = reply_usage(usage) if usage is not None else _NO_USAGE
        self._reported = usage or {}
        self._ledger.rows[self._index] = replace(self._row, status=response.status, reported=reported)
        self._is_error = usage is None
        self._is_stream = response.headers["content-type"].startswith("text/event-stream")
        return Response(response.status, response.headers, _CountedChunks(response.chunks, self))

    def count_chunk(self, chunk: bytes) -> None:
        """Count bytes that are being sent."""
        if self._is_stream or not self._sent:  # of a JSON document only the first chunk: sent at all or not
            self._sent += chunk

    def close(self, *, is_broken: bool = False) -> None:
        """Complete the row: nothing more will be sent. A second call does nothing.

        Args:
            is_broken: True if the server itself broke the connection.
        """
        row = self._row
        if not row.is_open:
            return
        is_abandoned = not self._sent and not is_broken
        if self._is_error:
            self._ledger.close_row(self._index, replace(row, is_abandoned=is_abandoned, is_open=False))
            return
        is_whole = bool(self._sent) and (not self._is_stream or _has_final_usage(self._sent))
        record = self._reported if is_whole else {}
        if self._sent and not is_whole:  # other requests are reported at the end only
            spoken = min(Usage.from_api(self._reported).output_tokens, _content_tokens(self._sent))
            record = {**self._reported, "output_tokens": spoken, "iterations": None}
        row = replace(row, record=record, usage=reply_usage(record) if record else _NO_USAGE)
        final = replace(row, is_whole=is_whole, is_abandoned=is_abandoned, is_open=False)
        self._ledger.close_row(self._index, final)

    @property
    def _row(self) -> LedgerRow:
        return self._ledger.rows[self._index]


class _CountedChunks(AsyncGenerator[bytes]):
    """The chunks of a response, counted. A class: closing a generator that never ran does not run its `finally`."""

    def __init__(self, chunks: AsyncGenerator[bytes], entry: LedgerEntry) -> None:
        self._chunks = chunks
        self._entry = entry

    async def asend(self, value: None) -> bytes:
        try:
            chunk = await self._chunks.asend(value)
        except BaseException:  # exhausted, the connection broke, or the reader was cancelled
            self._entry.close()
            raise
        self._entry.count_chunk(chunk)
        return chunk

    async def athrow(
        self,
        typ: type[BaseException] | BaseException,
        val: BaseException | object = None,
        tb: TracebackType | None = None,
    ) -> bytes:
        self._entry.close()
        error = typ if isinstance(typ, BaseException) else typ()
        return await self._chunks.athrow(error)

    async def aclose(self) -> None:
        self._entry.close()
        await self._chunks.aclose()

    def __del__(self) -> None:
        self._entry.close()  # the last reference was dropped without `aclose`


def _has_final_usage(sent: bytes | bytearray) -> bool:
    """True if the `message_delta` event with the final usage was sent; no content comes after it."""
    return any(event.startswith(b"event: message_delta\n") for event in _complete_events(sent))


def _content_tokens(sent: bytes | bytearray) -> int:
    """Return the tokens of the content in a stream, as `count_output_tokens` estimates them, and at least 1."""
    size = 0
    for event in _complete_events(sent):
        data = cast("JSONObject", json.loads(event.partition(b"\ndata: ")[2]))
        if data["type"] == "content_block_start":
            size += len(encode(data["content_block"]))
        elif data["type"] == "content_block_delta":
            parts = [value for name, value in data["delta"].items() if name != "type"]
            size += sum(len(part.encode() if isinstance(part, str) else encode(part)) for part in parts)
    return max(1, size // BYTES_PER_TOKEN)


def _complete_events(sent: bytes | bytearray) -> list[bytes]:
    """Return the complete events: an event ends with a blank line."""
    return bytes(sent).split(b"\n\n")[:-1]
