"""Compressed bodies: gzip and both forms of deflate, piece by piece, in bounded memory."""

from __future__ import annotations

import gzip
import zlib

import pytest

from agentkit.models.wire.decoding import Decoder, decoder_for
from agentkit.models.wire.errors import NotHttp

TEXT = bytes(range(256)) * 40
BARE = zlib.compressobj(wbits=-zlib.MAX_WBITS)
ENCODED = {
    b"gzip": gzip.compress(TEXT),
    b" X-GZIP ": gzip.compress(TEXT),
    b"deflate": zlib.compress(TEXT),
    b"Deflate": BARE.compress(TEXT) + BARE.flush(),
    b"deflate, GZIP,": gzip.compress(zlib.compress(TEXT)),
    b"gzip,identity": gzip.compress(TEXT),
}


def decoded(decoder: Decoder, data: bytes, size: int) -> bytes:
    pieces = bytearray()
    for start in range(0, len(data), size):
        decoder.feed(data[start : start + size])
        while piece := decoder.read():
            pieces += piece
    return bytes(pieces)


@pytest.mark.parametrize("name", ENCODED)
@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_a_body_is_decompressed_however_it_comes(name: bytes, size: int) -> None:
    decoder = decoder_for([name])
    assert decoder is not None
    assert decoded(decoder, ENCODED[name], size) == TEXT


@pytest.mark.parametrize("name", [b"", b"identity", b"br", b"gzip, br", b"gzip," * 2000])
def test_what_nobody_here_can_read_is_left_as_it_is(name: bytes) -> None:
    assert decoder_for([name]) is None


def test_little_that_becomes_much_comes_in_pieces() -> None:
    decoder = decoder_for([b"gzip"])
    assert decoder is not None
    decoder.feed(gzip.compress(bytes(5_000_000)))
    sizes: list[int] = []
    while piece := decoder.read():
        sizes.append(len(piece))
    assert (sum(sizes), max(sizes)) == (5_000_000, 1024 * 1024)


def test_what_stands_behind_the_end_is_dropped() -> None:
    decoder = decoder_for([b"gzip"])
    assert decoder is not None
    decoder.feed(gzip.compress(TEXT) + b"x")
    assert decoder.read() == TEXT
    for _ in range(9):
        decoder.feed(bytes(100_000))
        assert decoder.read() == b""
    assert decoder._zlib.unused_data == b"x"  # pyright: ignore[reportPrivateUsage]


def test_what_is_not_compressed_is_an_error_by_name() -> None:
    for name in (b"gzip", b"deflate"):
        decoder = decoder_for([name])
        assert decoder is not None
        decoder.feed(b'{"type": "message"}')
        with pytest.raises(NotHttp, match="decompressed"):
            decoder.read()
