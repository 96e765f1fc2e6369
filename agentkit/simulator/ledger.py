"""What the server served: a row for each message request, with what was really sent and what that costs.

Budgets are judged by it. So it goes by the bytes that were handed out, not by what a reply would have been: a stream
that breaks off, or is left, has cost its whole prompt and those events of its content that went out whole.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import cast

from agentkit.budget.usage import Cost, Usage, cost_of
from agentkit.messages.message import JSONObject, encode
from agentkit.simulator.cache import BYTES_PER_TOKEN
from agentkit.simulator.wire import Response

_NOTHING = Usage()


@dataclass(frozen=True, slots=True)
class Row:
    """One request that passed the rules."""

    model: str
    conversation: str
    """The digest of what was asked, the same whenever the same conversation is asked again."""
    status: int = 0
    """The HTTP status. 0: none yet, or the connection broke before one, or whoever asked left."""
    reported: Usage = _NOTHING
    """What the reply says that it used, or would have said at its end. Nothing for an error."""
    usage: Usage = _NOTHING
    """What it used: as reported where all was sent; nothing where no byte of a reply was."""
    is_whole: bool = False
    """Whether the reply was sent so far that nothing of its content was missing."""
    is_open: bool = True
    """Whether it is still being answered; `usage` is known when that is over."""

    @property
    def usd(self) -> float | None:
        """What it costs in US dollars. None: the model has no price."""
        return cost_of(self.model, self.usage).usd


@dataclass(slots=True)
class Ledger:
    """The rows of one server. Requests of batches, which have prices of their own, are not among them."""

    rows: list[Row] = field(default_factory=list[Row])
    """In the order in which the requests came, those that met an error included."""
    concurrency: int = 0
    """How many requests are being answered now, from their arrival to the last byte."""
    peak_concurrency: int = 0
    """How many there were at most."""

    @property
    def usage(self) -> Usage:
        """What all of them used; `requests` counts those that got something of a reply."""
        return sum((row.usage for row in self.rows), _NOTHING)

    @property
    def usd(self) -> float | None:
        """What all of them cost in US dollars, each at the price of its own prompt. None: one has no price."""
        return sum((cost_of(row.model, row.usage) for row in self.rows), Cost()).usd

    def begin(self, model: str, conversation: str) -> Entry:
        """Open the row of a request that has just come."""
        self.rows.append(Row(model, conversation))
        self.concurrency += 1
        self.peak_concurrency = max(self.peak_concurrency, self.concurrency)
        return Entry(self, len(self.rows) - 1)


class Entry:
    """A row that is being written."""

    def __init__(self, ledger: Ledger, index: int) -> None:
        self._ledger = ledger
        self._index = index
        self._is_stream = False
        self._sent = bytearray()

    def carry(self, response: Response, usage: JSONObject | None) -> Response:
        """The response, counted as it is handed out. `usage` is what the reply says at its end; None: an error."""
        reported = Usage.of(usage) if usage is not None else _NOTHING
        self._write(replace(self._row, status=response.status, reported=reported))
        if usage is None:
            self.close()
            return response
        self._is_stream = response.headers["content-type"].startswith("text/event-stream")
        return Response(response.status, response.headers, _Counted(response.chunks, self))

    def hand_out(self, chunk: bytes) -> None:
        """These bytes go out."""
        if self._is_stream or not self._sent:  # of a document it is enough to know whether it began
            self._sent += chunk

    def close(self) -> None:
        """Nothing more goes out. Doing so twice is doing it once."""
        row = self._row
        if not row.is_open:
            return
        is_whole = bool(self._sent) and (not self._is_stream or _has_ended(self._sent))
        usage = row.reported if is_whole else _NOTHING
        if self._sent and not is_whole:
            usage = replace(row.reported, output_tokens=min(row.reported.output_tokens, _tokens(self._sent)))
        self._write(replace(row, usage=usage, is_whole=is_whole, is_open=False))
        self._ledger.concurrency -= 1

    @property
    def _row(self) -> Row:
        return self._ledger.rows[self._index]

    def _write(self, row: Row) -> None:
        self._ledger.rows[self._index] = row


class _Counted(AsyncGenerator[bytes]):
    """The chunks of a response; a class, since a generator that was never begun does not hear that it is closed."""

    def __init__(self, chunks: AsyncGenerator[bytes], entry: Entry) -> None:
        self._chunks = chunks
        self._entry = entry

    async def asend(self, value: None) -> bytes:
        try:
            chunk = await self._chunks.asend(value)
        except BaseException:  # the end, a connection that breaks, or whoever reads is cancelled: it is over
            self._entry.close()
            raise
        self._entry.hand_out(chunk)
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
        self._entry.close()  # whoever had it let go of it without a word


def _has_ended(sent: bytes | bytearray) -> bool:
    """Whether a stream came to where it says what it used; nothing of the content comes after that."""
    return any(event.startswith(b"event: message_delta\n") for event in _events(sent))


def _tokens(sent: bytes | bytearray) -> int:
    """The length of the content in a stream, as `cache.output_tokens` measures it; as at its start, at least 1."""
    size = 0
    for event in _events(sent):
        data = cast("JSONObject", json.loads(event.partition(b"\ndata: ")[2]))
        if data["type"] == "content_block_start":
            size += len(encode(data["content_block"]))
        elif data["type"] == "content_block_delta":
            parts = [value for name, value in data["delta"].items() if name != "type"]
            size += sum(len(part.encode() if isinstance(part, str) else encode(part)) for part in parts)
    return max(1, size // BYTES_PER_TOKEN)


def _events(sent: bytes | bytearray) -> list[bytes]:
    """The events that went out whole: what follows the last blank line did not."""
    return bytes(sent).split(b"\n\n")[:-1]
