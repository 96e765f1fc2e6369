"""A parser for server-sent events (SSE): the bytes of a streamed reply -> the API's events.

Two rules for this file: no I/O; and linear time: each byte is read a fixed number of times, however long an event is
and however many chunks it is split into.
"""

from __future__ import annotations

from pydantic_core import from_json

_END = b"\n\n"


class EventReader:
    """An incremental parser: feed it the chunks of one reply, it returns the events that are complete."""

    __slots__ = ("_has_cr", "_held")

    def __init__(self) -> None:
        self._held: list[bytes] = []
        """The chunks of the event that is not complete yet."""
        self._has_cr = False
        """True if the last chunk ended in a carriage return, whose line feed may still come."""

    def feed(self, data: bytes) -> list[object]:
        """Return the data of the events that this chunk completes, parsed as JSON.

        Raises:
            ValueError: The data of an event is not JSON.
        """
        if self._has_cr or b"\r" in data:
            data = self._with_line_feeds(data)
        if self._held and self._held[-1].endswith(
            b"\n"
        ):  # the blank line that ends an event may be split between two chunks
            data = b"\n" + data
            self._held[-1] = self._held[-1][:-1]
        end = data.rfind(_END)
        if end < 0:
            self._held.append(data)
            return []
        whole = b"".join((*self._held, data[:end]))
        rest = data[end + len(_END) :]
        self._held = [rest] if rest else []
        return [from_json(data) for event in whole.split(_END) if (data := _data_of(event))]

    def _with_line_feeds(self, data: bytes) -> bytes:
        """Return the chunk with line feeds for every line end: SSE allows CR LF, LF and CR."""
        if self._has_cr:
            data = b"\r" + data
        self._has_cr = data.endswith(b"\r")
        if self._has_cr:
            data = data[:-1]
        return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _data_of(event: bytes) -> bytes:
    """Return the data of an event; empty where it has none."""
    before, _, data = event.partition(b"\ndata:")
    if data and b"\n" not in data and not before.startswith(b"data:"):
        return data  # the fast path, as the API writes events: the name, then one line of data
    lines = (line[5:].removeprefix(b" ") for line in event.split(b"\n") if line.startswith(b"data:"))
    return b"\n".join(lines)
