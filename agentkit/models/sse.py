"""The bytes of a streamed reply -> the API's events, however the bytes are cut.

Two rules for this file: no I/O; and every byte is looked at a fixed number of times, however long an event is or in
how many pieces it comes.
"""

from __future__ import annotations

from pydantic_core import from_json

_END = b"\n\n"


class EventReader:
    """Feed it the bytes as they come; it gives the events that are whole. One for each reply."""

    __slots__ = ("_has_cr", "_held")

    def __init__(self) -> None:
        self._held: list[bytes] = []
        """The pieces of the event that is not whole yet."""
        self._has_cr = False
        """Whether the last piece ended in a carriage return, which a line feed may still belong to."""

    def feed(self, data: bytes) -> list[object]:
        """The JSON values of the events that are whole now. Raises ValueError for one that is not JSON."""
        if self._has_cr or b"\r" in data:
            data = self._with_line_feeds(data)
        if self._held and self._held[-1].endswith(b"\n"):  # the end of an event may be cut in two
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
        """Lines may end in a carriage return and a line feed, or in either of them."""
        if self._has_cr:
            data = b"\r" + data
        self._has_cr = data.endswith(b"\r")
        if self._has_cr:
            data = data[:-1]
        return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _data_of(event: bytes) -> bytes:
    """The data of an event; empty where it has none."""
    before, _, data = event.partition(b"\ndata:")
    if data and b"\n" not in data and not before.startswith(b"data:"):
        return data  # as the API writes them: the name, then one line of data
    lines = (line[5:].removeprefix(b" ") for line in event.split(b"\n") if line.startswith(b"data:"))
    return b"\n".join(lines)
