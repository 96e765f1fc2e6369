"""Bodies that the server compressed although nobody asked for it: gzip and deflate, in bounded memory."""

from __future__ import annotations

import zlib

from agentkit.models.wire.errors import NotHttp

_MAX_PIECE_BYTES = 1024 * 1024
"""The most that is decompressed at once: little that was sent may become very much."""
_ZLIB_HEADER_BYTES = 2


class Decoder:
    """Decompresses one body; what it has taken in comes out by `read`, in pieces."""

    def __init__(self, *, is_gzip: bool) -> None:
        self._zlib = zlib.decompressobj(zlib.MAX_WBITS | 16 if is_gzip else zlib.MAX_WBITS)
        self._may_lack_header = not is_gzip  # some servers take `deflate` for the bare form
        self._waiting = b""

    def feed(self, data: bytes) -> None:
        """Take in what came."""
        self._waiting += data

    def read(self) -> bytes:
        """Return the next piece of the body; no bytes: more has to be fed first.

        Raises:
            NotHttp: It is not compressed in the way that the head of the response says.
        """
        if len(self._waiting) < (_ZLIB_HEADER_BYTES if self._may_lack_header else 1):
            return b""
        try:
            piece = self._zlib.decompress(self._waiting, _MAX_PIECE_BYTES)
        except zlib.error as error:
            if not self._may_lack_header:
                raise NotHttp(f"the body cannot be decompressed: {error}") from error
            self._zlib = zlib.decompressobj(-zlib.MAX_WBITS)
            self._may_lack_header = False
            return self.read()
        self._may_lack_header = False
        self._waiting = self._zlib.unconsumed_tail
        return piece


def decoder_for(encoding: bytes | None) -> Decoder | None:
    """Return the decoder for the header `content-encoding`. None: the body is as it is, or nobody here can read it."""
    name = (encoding or b"").strip().lower()
    if name in (b"gzip", b"x-gzip", b"deflate"):
        return Decoder(is_gzip=name != b"deflate")
    return None
