"""HTTP/1.1 without a socket: heads checked once, whole pieces handed on, errors by name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentkit.models.wire.errors import ConnectionLost, IllegalHead, NotHttp, WireError
from agentkit.models.wire.http1 import MAX_HEAD_BYTES, MAX_INTERIM_RESPONSES, Http1, RequestHead

HOST = (b"host", b"api.anthropic.com")
CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
HEAD = RequestHead(b"POST", b"/v1/messages", [HOST])


def started(data: bytes = b"") -> Http1:
    http = Http1()
    http.start(HEAD)
    if data:
        http.receive(data)
    return http


def test_a_head_is_sent_as_it_was_given_with_the_length_of_each_body() -> None:
    head = RequestHead(b"POST", b"/v1?beta=true", [HOST, (b"X-Api-Key", b"k"), (b"Content-Length", b"7")])
    assert head.encode(12) == (
        b"POST /v1?beta=true HTTP/1.1\r\nhost: api.anthropic.com\r\nX-Api-Key: k\r\ncontent-length: 12\r\n\r\n"
    )
    assert head.encode(0).endswith(b"content-length: 0\r\n\r\n")
    assert RequestHead(b"GET", b"/", [HOST]).encode(0) == b"GET / HTTP/1.1\r\nhost: api.anthropic.com\r\n\r\n"


def test_what_is_kept_for_the_response_shows_no_secret_and_knows_the_end_of_the_connection() -> None:
    secrets = [(b"authorization", b"secret"), (b"X-Api-Key", b"secret"), (b"cookie", b"secret")]
    for more, is_usable in (([], True), ([(b"Connection", b"close")], False)):
        head = RequestHead(b"POST", b"/v1?key=secret", [HOST, *secrets, *more])
        assert head.encode(1).count(b"secret") == 4
        assert "secret" not in repr(head.event)
        http = Http1()
        http.start(head)
        http.receive(b"HTTP/1.1 204 No Content\r\n\r\n")
        assert http.read_head() is not None
        assert http.read_body() == b""
        assert http.finish() == is_usable


@pytest.mark.parametrize(
    ("method", "target", "headers", "named"),
    [
        (b"POST", b"/", [HOST, (b"x-api-key", b"secret\r\nx: y")], "x-api-key"),
        (b"POST", b"/", [HOST, (b"x-api-key", b"secret\0")], "x-api-key"),
        (b"POST", b"/", [(b"host", b"a\nb")], "host"),
        (b"POST", b"/", [HOST, (b"x y", b"1")], "x y"),
        (b"PO ST", b"/", [HOST], "the method or the target"),
        (b"POST", b"/a b", [HOST], "the method or the target"),
        (b"POST", b"/", [], "host"),
    ],
)
def test_what_is_no_line_of_http_is_refused_without_its_value(
    method: bytes, target: bytes, headers: list[tuple[bytes, bytes]], named: str
) -> None:
    with pytest.raises(IllegalHead) as caught:
        RequestHead(method, target, headers)
    assert caught.value.name == named
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_the_pieces_of_one_read_come_together() -> None:
    http = started(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A: B\r\n\r\n3\r\ntea\r\n4\r\n for\r\n5\r\n")
    head = http.read_head()
    assert head is not None
    assert (head.status, head.headers) == (200, [(b"transfer-encoding", b"chunked"), (b"x-a", b"B")])
    assert http.read_body() == b"tea for"
    assert http.read_body() == b""
    assert not http.is_complete
    http.receive(b" two!\r\n0\r\n\r\n")
    assert http.read_body() == b" two!"
    assert http.is_complete
    assert http.finish()


@pytest.mark.parametrize("end", [b"0\r\n\r\n", b"0;a\r\nx: y\r\n\r\n", b"2\r\n..\r\n0\r\n\r\n"])
def test_chunks_that_come_one_by_one_are_those_that_come_together(end: bytes) -> None:
    chunks = [b"3\r\ntea\r\n", b"00A\r\n for two..\r\n", b"4;x=y\r\n tw", b"o\r\n2\r\n!!", b"\r\n2\r\n\r\n\r\n", end]
    together, alone = started(CHUNKED + b"".join(chunks)), started(CHUNKED)
    assert together.read_head() == alone.read_head()
    bodies: list[bytes] = []
    for chunk in chunks:
        alone.receive(chunk)
        bodies.append(alone.read_body())
        assert alone.needs_data is not alone.is_complete
    assert b"".join(bodies) == together.read_body()
    assert bodies[:2] == [b"tea", b" for two.."]
    assert alone.is_complete
    assert alone.finish()


CHUNKS = st.tuples(
    st.sampled_from([b"%x", b"%X", b"00%x"]), st.sampled_from([b"tea", b"\r\n", b"0\r\n\r\n", b"t" * 30])
)
WHOLE_ENDS = (b"0\r\n\r\n", b"0\r\nx: y\r\n\r\n")


@given(
    chunks=st.lists(CHUNKS, max_size=8),
    end=st.sampled_from([*WHOLE_ENDS, b"0\r\n2\r\nab\r\n\r\n", b"XX", b"4\r\n"]),
    places=st.lists(st.integers(0, 300), max_size=8),
)
def test_chunks_are_the_same_body_wherever_the_reads_cut_them(
    chunks: list[tuple[bytes, bytes]], end: bytes, places: list[int]
) -> None:
    data = b"".join(b"%b\r\n%b\r\n" % (size % len(body), body) for size, body in chunks) + end
    http = started(CHUNKED)
    assert http.read_head() is not None
    received = b""
    with suppress(NotHttp):
        for start, stop in pairwise(sorted({place % len(data) for place in places} | {0, len(data)})):
            http.receive(data[start:stop])
            while not (http.needs_data or http.is_complete):
                received += http.read_body()
    assert received == b"".join(body for _, body in chunks)
    assert http.is_complete is (end in WHOLE_ENDS)


@pytest.mark.parametrize(
    "bad", [b"3\r\nteaXX", b"4\r\ntea\r\n", b"-3\r\ntea\r\n", b"+3\r\ntea\r\n", b"3 4\r\ntea\r\n", b""]
)
def test_a_damaged_chunk_behind_a_whole_one_is_an_error(bad: bytes) -> None:
    http = started(CHUNKED + b"3\r\nfor\r\n")
    assert http.read_head() is not None
    assert http.read_body() == b"for"
    http.receive(b"3\r\ntwo\r\n")
    http.receive(bad)  # before the one before was read
    assert http.read_body().startswith(b"two")
    http.receive(b"")
    with pytest.raises(WireError):
        b"".join(http.read_body() for _ in range(2))


def test_the_end_of_a_connection_behind_a_chunk_is_seen_however_late_that_is_read() -> None:
    http = started(CHUNKED + b"3\r\nfor\r\n")
    assert http.read_head() is not None
    http.receive(b"")
    assert http.read_body() == b"for"
    with pytest.raises(ConnectionLost):
        http.read_body()


def test_a_chunk_without_its_bytes_yet_is_not_the_end() -> None:
    http = started(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\n")
    assert http.read_head() is not None
    assert (http.read_body(), http.is_complete) == (b"", False)


def test_heads_before_the_response_are_passed_over() -> None:
    http = started(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\n")
    assert http.read_head() is None
    http.receive(b"HTTP/1.1 204 No Content\r\n\r\n")
    head = http.read_head()
    assert head is not None
    assert (head.status, http.read_body(), http.is_complete) == (204, b"", True)


def test_heads_before_the_response_come_to_an_end() -> None:
    interim = b"HTTP/1.1 100 Continue\r\n\r\n"
    http = started(interim * MAX_INTERIM_RESPONSES)
    assert http.read_head() is None
    http.receive(b"HTTP/1.1 204 No Content\r\n\r\n")
    assert http.read_head() is not None
    assert (http.read_body(), http.finish()) == (b"", True)
    http.start(HEAD)  # each response has its own
    for _ in range(MAX_INTERIM_RESPONSES):
        http.receive(interim)
        assert http.read_head() is None
    http.receive(interim)
    with pytest.raises(NotHttp, match=r"100 interim responses \(1xx\)"):
        http.read_head()


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
        b"\x15\x03\x01\x00\x02\x02\x50",  # a TLS alert
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.1 OK\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: snappy\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx: " + b"y" * MAX_HEAD_BYTES,
    ],
)
def test_what_is_no_response_is_an_error_by_name(data: bytes) -> None:
    with pytest.raises(NotHttp):
        started(data).read_head()


@pytest.mark.parametrize(
    ("cut", "body", "kind"),
    [
        (b"", b"", ConnectionLost),
        (b"HTTP/1.1 200 O", b"", ConnectionLost),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\ntea", b"tea", ConnectionLost),
        (CHUNKED + b"3\r\nte", b"te", ConnectionLost),
        (CHUNKED + b"3\r\ntea", b"tea", ConnectionLost),
        (CHUNKED + b"3\r\ntea\r\n0\r\n", b"tea", ConnectionLost),
        (CHUNKED + b"3\r\nteaXX", b"tea", NotHttp),
        (CHUNKED + b"3\r\ntea\r\nxyz\r\n", b"tea", NotHttp),
    ],
)
def test_a_cut_or_broken_response_is_an_error_after_what_came_whole(
    cut: bytes, body: bytes, kind: type[Exception]
) -> None:
    http = started(cut)
    failures: list[type[WireError]] = []
    assert (b"".join(read_to_the_end(http, failures)), failures) == (body, [kind])
    assert not http.finish()


def read_to_the_end(http: Http1, failures: list[type[WireError]]) -> Iterator[bytes]:
    """Read a response whose server closes after what has come."""
    try:
        if http.read_head() is None:
            http.receive(b"")
            http.read_head()
        while not http.is_complete:
            if piece := http.read_body():
                yield piece
            elif not http.is_complete:
                http.receive(b"")
    except WireError as error:
        failures.append(type(error))


def test_a_body_without_a_length_ends_with_the_connection() -> None:
    http = started(b"HTTP/1.0 200 OK\r\n\r\ntea")
    assert http.read_head() is not None
    assert (http.read_body(), http.is_complete) == (b"tea", False)
    http.receive(b"")
    assert (http.read_body(), http.is_complete) == (b"", True)
    assert not http.finish()


@pytest.mark.parametrize("more", [b"HTTP/1.1 200 OK\r\n\r\n", b"\r\n", b"x"])
def test_more_than_the_response_ends_the_use_of_a_connection(more: bytes) -> None:
    http = started(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\ntea" + more)
    assert http.read_head() is not None
    assert (http.read_body(), http.is_complete) == (b"tea", True)
    assert not http.finish()


def test_a_server_that_says_so_closes_after_the_response() -> None:
    http = started(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
    assert http.read_head() is not None
    assert (http.read_body(), http.is_complete, http.finish()) == (b"", True, False)
