"""TLS without a socket: keys agreed on, data both ways, the end and damage told apart."""

from __future__ import annotations

import ssl
from contextlib import suppress

import pytest

from agentkit.models.wire.tls_session import TlsSession
from tests.models.wire.certificates import certificates

pytestmark = pytest.mark.anyio

LARGE = bytes(range(256)) * 1000


class Peer:
    """A server in memory, at the other end of a session."""

    def __init__(self) -> None:
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = certificates().server.wrap_bio(self.incoming, self.outgoing, server_side=True)

    async def send(self, data: bytes) -> None:
        self.incoming.write(data)

    async def receive(self, most: int) -> bytes:
        with suppress(ssl.SSLWantReadError):
            self.tls.do_handshake()
        return self.outgoing.read(most)

    def records(self, *pieces: bytes) -> bytes:
        for piece in pieces:
            self.tls.write(piece)
        return self.outgoing.read()


async def connected() -> tuple[TlsSession, Peer]:
    session, peer = TlsSession(certificates().client, "localhost"), Peer()
    await session.handshake(peer.receive, peer.send)
    session.decrypt(await peer.receive(100_000))  # the tickets for sessions to come are no data
    assert not session.has_ended
    return session, peer


async def test_data_goes_both_ways_however_it_is_cut() -> None:
    session, peer = await connected()
    for data in (b"tea", memoryview(LARGE)):
        peer.incoming.write(session.encrypt(data))
        received = b""
        while len(received) < len(data):
            received += peer.tls.read(100_000)
        assert received == data
    records = peer.records(b"tea", LARGE)
    assert b"".join(session.decrypt(records[at : at + 777]) for at in range(0, len(records), 777)) == b"tea" + LARGE
    assert session.decrypt(peer.records(b"tea ", b"for two")) == b"tea for two"
    assert not session.has_ended


async def test_the_end_that_the_server_tells_comes_after_the_data() -> None:
    session, peer = await connected()
    peer.tls.write(b"tea")
    with pytest.raises(ssl.SSLWantReadError):
        peer.tls.unwrap()
    assert session.decrypt(peer.outgoing.read()) == b"tea"
    assert (session.has_ended, session.failure) == (True, None)


async def test_what_came_whole_comes_before_damage() -> None:
    session, peer = await connected()
    records = bytearray(peer.records(b"tea", b"for two"))
    records[-1] ^= 1
    assert session.decrypt(bytes(records)) == b"tea"
    assert session.has_ended
    assert isinstance(session.failure, ssl.SSLError)


async def test_a_server_that_leaves_amid_the_handshake_is_an_error() -> None:
    async def leave(_: int) -> bytes:
        return b""

    with pytest.raises(ssl.SSLEOFError):
        await TlsSession(certificates().client, "localhost").handshake(leave, Peer().send)
