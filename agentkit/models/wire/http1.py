"""HTTP/1.1 on one connection without I/O, by h11: the bytes of a request out, bytes in, head and body of the reply out.

Two rules for this file: it knows no socket and no clock; and whatever a server sends is a response or an error by name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import h11

from agentkit.models.wire.errors import ConnectionLost, IllegalHead, NotHttp, WireError

Headers: TypeAlias = Sequence[tuple[bytes, bytes]]
"""Names and values, in the order of the connection. Those of a response have lower-case names."""

MAX_HEAD_BYTES = 100 * 1024
"""The longest head of a response, and the longest line between two chunks of a body."""
MAX_INTERIM_RESPONSES = 100
"""The most heads (1xx) before the one of the response: each of them starts the idle time again."""
_FRAMING = (b"content-length", b"transfer-encoding")
_READ_BY_H11 = (b"host", b"connection", b"expect", b"upgrade")
_METHODS_WITHOUT_BODY = (b"GET", b"HEAD", b"DELETE", b"OPTIONS")
_END_OF_MESSAGE = h11.EndOfMessage()
_CHUNK_END = b"\r\n"
"""The line end behind the bytes of a chunk, which h11 reads with the next one."""
_CHUNK_HEAD = re.compile(rb"([0-9a-fA-F]{1,8})\r\n")
_SHORT_READ_BYTES = 16 * 1024
"""To look at what h11 holds behind each chunk is quick in a read of so many bytes: it means a copy."""


class RequestHead:
    """The first lines of a request, checked and encoded once for all requests that begin with them.

    Args:
        method: `POST`, `GET` ...
        target: The path and query of the address.
        headers: All headers, `host` among them. Those that tell the length of the body are left out: each request has
            its own.

    Raises:
        IllegalHead: Something in it would not be one line of HTTP.
    """

    __slots__ = ("_encoded", "_has_body", "event")

    def __init__(self, method: bytes, target: bytes, headers: Headers) -> None:
        kept = [(name, value) for name, value in headers if name.lower() not in _FRAMING]
        try:
            whole = h11.Request(method=method, target=target, headers=kept)
        except h11.LocalProtocolError:
            raise IllegalHead(_illegal_part(method, target, kept)) from None  # h11's text shows the value
        read = [item for item in whole.headers if item[0] in _READ_BY_H11]
        self.event = h11.Request(method=method, target=b"/", headers=read)
        """The request as h11 knows it: what counts for the response. No body, and no header whose value is secret."""
        lines = [b"%s %s HTTP/1.1" % (method, target), *(b"%s: %s" % item for item in whole.headers.raw_items())]
        self._encoded = b"\r\n".join(lines) + b"\r\n"
        self._has_body = method not in _METHODS_WITHOUT_BODY

    def encode(self, body_bytes: int) -> bytes:
        """Return the bytes of the head of a request with a body of so many bytes."""
        if body_bytes or self._has_body:
            return b"%scontent-length: %d\r\n\r\n" % (self._encoded, body_bytes)
        return self._encoded + b"\r\n"


def _illegal_part(method: bytes, target: bytes, headers: Headers) -> str:
    """Return the name of what h11 refuses in a head."""
    for name, value in headers:
        try:
            h11.Request(
                method=b"GET", target=b"/", headers=[(b"host", b"h"), (b"x" if name == b"host" else name, value)]
            )
        except h11.LocalProtocolError:
            return name.decode("ascii", "replace")
    try:
        h11.Request(method=method, target=target, headers=[(b"host", b"h")])
    except h11.LocalProtocolError:
        return "the method or the target"
    return "host"


@dataclass(frozen=True, slots=True)
class ResponseHead:
    """The status and the headers of a response."""

    status: int
    headers: Headers


class Http1:
    """The HTTP of one connection: one request after the other, each with its response."""

    __slots__ = (
        "_failure", "_h11", "_has_response", "_interim_responses", "_is_between_chunks", "_is_short_read",
        "_whole_chunks", "is_complete", "needs_data",
    )  # fmt: skip

    def __init__(self) -> None:
        self._h11 = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD_BYTES)
        self._failure: WireError | None = None
        self._has_response = False
        self._is_between_chunks = False
        self._is_short_read = False
        self._whole_chunks = b""
        """The bytes of chunks that came whole, right behind another one: h11 need not see them. Empty: none."""
        self._interim_responses = 0
        self.needs_data = False
        """True if all of the body that has come was read."""
        self.is_complete = False
        """True once the whole response was read."""

    def start(self, head: RequestHead) -> None:
        """Begin an exchange: the response to this request comes next."""
        self._h11.send(head.event)
        self._h11.send(_END_OF_MESSAGE)
        self._has_response = self._is_between_chunks = self.needs_data = self.is_complete = False
        self._interim_responses = 0

    def receive(self, data: bytes) -> None:
        """Take in what came from the server; no bytes: it sends nothing more."""
        if not data and not self._has_response:
            self._failure = ConnectionLost("Server disconnected without sending a response.")
            return
        self.needs_data = False
        if self._is_between_chunks:
            whole, data = _split_off_whole_chunks(data)
            self._whole_chunks += whole
            self._is_between_chunks = bool(whole) and not data
        if not self._is_between_chunks:
            self._is_short_read = len(data) <= _SHORT_READ_BYTES
            self._h11.receive_data(data)

    def read_head(self) -> ResponseHead | None:
        """Return the head of the response; those before it (1xx) are passed over. None: it is not all there yet.

        Raises:
            ConnectionLost: The server has closed the connection.
            NotHttp: What came is no head, or there are too many before the one of the response.
        """
        if self._failure is not None:
            raise self._failure
        try:
            event = self._h11.next_event()
            while isinstance(event, h11.InformationalResponse):
                self._interim_responses += 1
                if self._interim_responses > MAX_INTERIM_RESPONSES:
                    raise NotHttp(f"the server sent {MAX_INTERIM_RESPONSES} interim responses (1xx), and goes on so")
                event = self._h11.next_event()
        except h11.RemoteProtocolError as error:
            raise _failure_of(error) from error
        if not isinstance(event, h11.Response):
            return None
        self._has_response = True
        return ResponseHead(event.status_code, list(event.headers))

    def read_body(self) -> bytes:
        """Return all of the body that has come, as one piece; none may have come yet, or `is_complete` is true.

        What came whole is returned before the error that follows it is raised.

        Raises:
            ConnectionLost: The server has closed the connection before the end.
            NotHttp: What came is no part of a body.
        """
        if self._failure is not None:
            raise self._failure
        whole, self._whole_chunks = self._whole_chunks, b""
        if self._is_between_chunks:
            self.needs_data = True
            return whole
        connection = self._h11
        pieces = [whole] if whole else []
        try:
            while isinstance(event := connection.next_event(), h11.Data):
                pieces.append(event.data)
                # Most reads end with a chunk: h11 need not look for more, nor read the chunks that come next.
                if event.chunk_end and self._is_short_read and connection.trailing_data == (_CHUNK_END, False):
                    event, self._is_between_chunks = h11.NEED_DATA, True
                    break
        except h11.RemoteProtocolError as error:
            self._failure = _failure_of(error)
            self._failure.__cause__ = error
            if not pieces:
                raise self._failure from error
            return b"".join(pieces)
        self.needs_data = event is h11.NEED_DATA
        self.is_complete = not self.needs_data
        return b"".join(pieces)

    def finish(self) -> bool:
        """End an exchange; return True if another one may follow on the same connection."""
        states = self._h11.states
        if (
            states[h11.SERVER] is not h11.DONE
            or states[h11.CLIENT] is not h11.DONE
            or self._h11.trailing_data != (b"", False)
        ):
            return False
        self._h11.start_next_cycle()
        return True


def _split_off_whole_chunks(data: bytes) -> tuple[bytes, bytes]:
    """Return the bytes of the chunks, without extensions, that the data begins with; and the rest, from one that is not
    whole or the last one, which is empty.
    """
    pieces: list[bytes] = []
    rest_at = 0
    while rest_at < len(data) and (head := _CHUNK_HEAD.match(data, rest_at)):
        start = head.end()
        end = start + int(head[1], 16)
        if end == start or not data.startswith(_CHUNK_END, end):
            break
        pieces.append(data[start:end])
        rest_at = end + len(_CHUNK_END)
    return b"".join(pieces), data[rest_at:]


def _failure_of(error: h11.RemoteProtocolError) -> WireError:
    text = str(error)
    return ConnectionLost(text) if text.startswith("peer ") else NotHttp(text)
