"""Images and PDFs written byte by byte: only as much of them as a header needs, of any size and type."""

from __future__ import annotations

import base64
import struct
import zlib

from agentkit.messages.message import JSONObject


def png(width: int = 1, height: int = 1, size_bytes: int = 0) -> bytes:
    """The header of a PNG file, filled up to a size."""
    return (b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, height)).ljust(size_bytes, b"\0")


def gif(width: int = 1, height: int = 1) -> bytes:
    """The header of a GIF file."""
    return b"GIF89a" + struct.pack("<HH", width, height)


def jpeg(width: int = 1, height: int = 1) -> bytes:
    """The beginning of a JPEG file: a comment, fill bytes, and the frame with its size."""
    comment = b"\xff\xfe" + struct.pack(">H", 5) + b"tea"
    return b"\xff\xd8" + comment + b"\xff\xff" + b"\xff\xc2" + struct.pack(">HBHH", 11, 8, height, width)


def webp(width: int = 1, height: int = 1, kind: str = "VP8 ") -> bytes:
    """The beginning of a WebP file in one of its three forms."""
    forms = {
        "VP8 ": b"\x00\x00\x00\x9d\x01\x2a" + struct.pack("<HH", width, height),
        "VP8L": b"\x2f" + struct.pack("<I", (width - 1) | (height - 1) << 14),
        "VP8X": bytes(4) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little"),
    }
    return b"RIFF" + bytes(4) + b"WEBP" + kind.encode() + bytes(4) + forms[kind]


def pdf(pages: int = 1, *, packed: bool = False) -> bytes:
    """A PDF with a page tree of so many pages, plain or in a compressed object stream."""
    tree = f"<< /Type /Pages /Kids [3 0 R] /Count {pages} >>".encode()
    if packed:
        tree = b"5 0 obj << /Type /ObjStm /Filter /FlateDecode >>\nstream\r\n" + zlib.compress(tree) + b"\nendstream"
    return b"%PDF-1.7\n" + tree + b"\n%%EOF"


def image_block(data: bytes, media_type: str = "image/png") -> JSONObject:
    """An image block of the API with any bytes, right or wrong."""
    source = {"type": "base64", "media_type": media_type, "data": base64.b64encode(data).decode()}
    return {"type": "image", "source": source}


def pdf_block(data: bytes) -> JSONObject:
    """A document block of the API with any bytes, right or wrong."""
    source = {"type": "base64", "media_type": "application/pdf", "data": base64.b64encode(data).decode()}
    return {"type": "document", "source": source}
