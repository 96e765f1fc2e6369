"""Random responses, whole and damaged, in random packets: never another body than httpx2 reads."""

from __future__ import annotations

import gzip
import ssl
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import pairwise

import anyio
import anyio.abc
import anyio.lowlevel
import httpx2
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from hypothesis import given, settings
from hypothesis import strategies as st

from agentkit.models.wire.errors import WireError
from tests.models.wire.raw_server import pool_of, post, read_request, rest_of, serving

ENCODINGS: dict[str, Callable[[bytes], bytes]] = {"": bytes, "gzip": gzip.compress, "deflate": zlib.compress}
HEADS = ["HTTP/1.1 200 OK", "HTTP/1.1 404", "HTTP/1.0 200 OK", "HTTP/1.1 503 Service Unavailable"]
BEFORE = [b"", b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"]
DAMAGE = [
    b"",
    b"\r\n",
    b"\n",
    b"0\r\n\r\n",
    b"\0",
    b"HTTP/1.1 200 OK\r\n\r\n",
    b"ffffffff\r\n",
    b"content-length: 1\r\n",
]


@st.composite
def responses(draw: st.DrawFn) -> bytes:
    """The bytes of a response, which may be damaged in one place."""
    encoding = draw(st.sampled_from(sorted(ENCODINGS)))
    body = ENCODINGS[encoding](draw(st.binary(max_size=300)))
    framing = draw(st.sampled_from(["content-length", "chunked", "until it closes"]))
    headers = [f"content-encoding: {encoding}"] if encoding else []
    if framing == "content-length":
        headers.append(f"Content-Length: {len(body)}")
    elif framing == "chunked":
        headers.append("transfer-encoding: Chunked")
        sizes = draw(st.lists(st.integers(1, 60), max_size=8))
        pieces, rest = [], body
        for size in [*sizes, len(body)]:
            if piece := rest[:size]:
                pieces.append(b"%x\r\n%s\r\n" % (len(piece), piece))
            rest = rest[size:]
        body = b"".join(pieces) + b"0\r\n\r\n"
    head = "\r\n".join([draw(st.sampled_from(HEADS)), *draw(st.permutations(headers))]).encode() + b"\r\n\r\n"
    data = draw(st.sampled_from(BEFORE)) + head + body
    if draw(st.booleans()):
        start = draw(st.integers(0, len(data)))
        removed = draw(st.sampled_from([0, 1, 7, len(data)]))
        data = data[:start] + draw(st.sampled_from(DAMAGE)) + data[start + removed :]
    return data


class Library:
    """One server for all examples, and the two ways to read what it says."""

    def __init__(self, portal: BlockingPortal) -> None:
        self._portal = portal
        self._packets: list[bytes] = []
        self.port = 0

    async def answer(self, stream: anyio.abc.ByteStream) -> None:
        await read_request(stream)
        for packet in self._packets:
            await stream.send(packet)
            await anyio.lowlevel.checkpoint()

    def read_both(self, packets: list[bytes]) -> tuple[object, object]:
        """Return what each makes of these packets: status, headers and body; None: an error."""
        self._packets = packets
        return self._portal.call(self._read_ours), self._portal.call(self._read_theirs)

    async def _read_ours(self) -> object:
        with suppress(WireError):
            async with pool_of(self.port) as pool, post(pool, b"x") as response:
                return response.status, response.headers, await rest_of(response)
        return None

    async def _read_theirs(self) -> object:
        with suppress(httpx2.HTTPError):
            async with httpx2.AsyncClient(verify=TLS, trust_env=False) as client:
                response = await client.post(f"http://127.0.0.1:{self.port}", content=b"x")
                headers = [(name.lower(), value) for name, value in response.headers.raw]
                return response.status_code, headers, response.content
        return None


TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Made once: an HTTP client takes 20 ms for its own."""


@contextmanager
def library() -> Iterator[Library]:
    with start_blocking_portal("asyncio") as portal:
        found = Library(portal)
        with portal.wrap_async_context_manager(serving(found.answer)) as server:
            found.port = server.port
            yield found


@pytest.fixture(scope="module")
def both() -> Iterator[Library]:
    with library() as found:
        yield found


def compare(both: Library, data: bytes, places: list[int]) -> None:
    cuts = sorted({place % (len(data) + 1) for place in places} | {0, len(data)})
    packets = [data[start:end] for start, end in pairwise(cuts)]
    ours, theirs = both.read_both(packets)
    assert ours == theirs, data


@settings(max_examples=60)
@given(data=responses(), places=st.lists(st.integers(0, 1_000), max_size=6))
def test_no_other_body_is_read_than_by_httpx2(both: Library, data: bytes, places: list[int]) -> None:
    compare(both, data, places)


@pytest.mark.soak
@given(data=responses(), places=st.lists(st.integers(0, 1_000), max_size=6))
def test_no_other_body_is_read_than_by_httpx2_however_long_one_looks(
    both: Library, data: bytes, places: list[int]
) -> None:
    compare(both, data, places)
