"""Bodies that the server compressed although nobody asked for it: gzip and deflate, in bounded memory."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

from agentkit.models.wire.errors import NotHttp

_MAX_PIECE_BYTES = 1024 * 1024
"""The most that is decompressed at once: little that was sent may become very much."""
_MAX_ENCODINGS = 5
_ZLIB_HEADER_BYTES = 2


class Decoder:
    """Decompresses one body; what it has taken in comes out by `read`, in pieces.

    Args:
        is_gzip: True: gzip; False: deflate.
        inner: The decoder of what comes out, where the body was compressed twice.
    """

    def __init__(self, *, is_gzip: bool, inner: Decoder | None = None) -> None:
        self._inner = inner
        self._zlib = zlib.decompressobj(zlib.MAX_WBITS | 16 if is_gzip else zlib.MAX_WBITS)
        self._may_lack_header = not is_gzip  # some servers take `deflate` for the bare form
        self._waiting = b""

    def feed(self, data: bytes) -> None:
        """Take in what came. What stands behind the end of the compressed body is dropped."""
        if not self._zlib.eof:
            self._waiting += data

    def read(self) -> bytes:
        """Return the next piece of the body; no bytes: more has to be fed first.

        Raises:
            NotHttp: It is not compressed in the way that the head of the response says.
        """
        if self._inner is None:
            return self._decompress()
        while not (piece := self._inner.read()):
            if not (outer := self._decompress()):
                return b""
            self._inner.feed(outer)
        return piece

    def _decompress(self) -> bytes:
        if len(self._waiting) < (_ZLIB_HEADER_BYTES if self._may_lack_header else 1):
            return b""
        try:
            piece = self._zlib.decompress(self._waiting, _MAX_PIECE_BYTES)
        except zlib.error as error:
            if not self._may_lack_header:
                raise NotHttp(f"the body cannot be decompressed: {error}") from error
            self._zlib = zlib.decompressobj(-zlib.MAX_WBITS)
            self._may_lack_header = False
            return self._decompress()
        self._may_lack_header = False
        self._waiting = self._zlib.unconsumed_tail
        return piece


def decoder_for(encodings: Sequence[bytes]) -> Decoder | None:
    """Return the decoder for the headers `content-encoding`. None: the body is as it is, or nobody here can read it."""
    names = [
        name for one in b",".join(encodings).lower().split(b",") if (name := one.strip()) not in (b"", b"identity")
    ]
    if len(names) > _MAX_ENCODINGS:
        return None
    decoder: Decoder | None = None
    for name in names:  # in the order in which they were applied
        if name not in (b"gzip", b"x-gzip", b"deflate"):
            return None
        decoder = Decoder(is_gzip=name != b"deflate", inner=decoder)
    return decoder
