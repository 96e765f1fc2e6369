"""A parser for server-sent events (SSE): the bytes of a streamed reply -> the API's events.

Two rules for this file: no I/O; and linear time: each byte is read a fixed number of times, however long an event is
and however many chunks it is split into.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

from pydantic_core import from_json

if TYPE_CHECKING:
    from agentkit.messages.message import JSONObject

_EVENT_END = b"\n\n"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_USUAL_EVENT = re.compile(rb"(?:\A|\n\n)event:[^\n]*\ndata:([^\n]+)(?=\n\n|\Z)")
"""An event as the API writes it: its name, then one line of data."""
_ONE_USUAL_EVENT = re.compile(rb"event:[^\n]*+\ndata: ?+([^ \n][^\n]*+)\n\n")
"""A chunk that is one such event and nothing else."""


class SSEParser:
    """An incremental parser: feed it the chunks of one reply, it returns the events that are complete."""

    __slots__ = ("_ends_with_cr", "_pending")

    def __init__(self) -> None:
        self._pending: list[bytes] = []
        """The chunks of the event that is not complete yet."""
        self._ends_with_cr = False
        """True if the last chunk ended in a carriage return: a line feed that comes next belongs to it."""

    def feed(self, data: bytes) -> list[object]:
        """Return the data of the events that this chunk completes, parsed as JSON.

        Behind a `message_stop` the reply is over, so that what follows it in the chunk need not be JSON (`[DONE]`).

        Raises:
            ValueError: The data of an event is not JSON.
        """
        if self._ends_with_cr or b"\r" in data:
            data = self._normalize_line_ends(data)
        if not self._pending and (event := _ONE_USUAL_EVENT.fullmatch(data)):  # the reply comes event by event
            return [from_json(event[1])]
        if self._pending and self._pending[-1].endswith(
            b"\n"
        ):  # the blank line that ends an event may be split between two chunks
            data = b"\n" + data
            self._pending[-1] = self._pending[-1][:-1]
        end = data.rfind(_EVENT_END)
        if end < 0:
            self._pending.append(data)
            return []
        whole = b"".join((*self._pending, data[:end]))
        rest = data[end + len(_EVENT_END) :]
        self._pending = [rest] if rest else []
        try:
            return _parse_usual_events(whole)
        except ValueError:
            return _parse_events(whole)

    def end(self) -> list[object]:
        """Return the event that the end of the reply completes, in place of a blank line. Empty: there is none."""
        pending, self._pending = b"".join(self._pending).removeprefix(_BYTE_ORDER_MARK), []
        try:
            return [from_json(data)] if (data := _event_data(pending.removesuffix(b"\n"))) else []
        except ValueError:
            return []  # it was cut off

    def _normalize_line_ends(self, data: bytes) -> bytes:
        """Return the chunk with line feeds for every line end: SSE allows CR LF, LF and CR."""
        if self._ends_with_cr:
            data = data.removeprefix(b"\n")
        self._ends_with_cr = data.endswith(b"\r")
        return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _parse_usual_events(text: bytes) -> list[object]:
    """Return the events of a text in which all of them are as the API writes them, parsed in one call: half the time.

    Raises:
        ValueError: One of them is written in another way, or is not JSON.
    """
    found = _USUAL_EVENT.findall(text)
    if text.count(b"\n") != 3 * len(found) - 2:  # one in each event, two between them; to count blank lines is slow
        raise ValueError("there are events of another form")
    events: list[object] = from_json(b"[%b]" % b",".join(found))
    if len(events) != len(found):
        raise ValueError("an event has not one JSON value")
    return events


def _parse_events(text: bytes) -> list[object]:
    """Return the events up to the one that ends the reply; what stands behind it is not looked at.

    Raises:
        ValueError: The data of an event is not JSON.
    """
    events: list[object] = []
    for event in text.removeprefix(_BYTE_ORDER_MARK).split(_EVENT_END):
        if data := _event_data(event):
            events.append(from_json(data))
            if isinstance(events[-1], dict) and cast("JSONObject", events[-1]).get("type") == "message_stop":
                break
    return events


def _event_data(event: bytes) -> bytes:
    """Return the data of an event; empty where it has none."""
    lines = (line[5:].removeprefix(b" ") for line in event.split(b"\n") if line.startswith(b"data:"))
    return b"\n".join(lines)
