"""Facts of image and PDF files, read from their bytes, and the API's limits for them.

Two rules for this file: nothing is decoded, only headers are read; and a file is refused only for what the API is known
to refuse. Source of the limits: the guides on vision and PDF support, November 2026.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator

MAX_IMAGE_BYTES = 10 * 1024 * 1024
"""The most bytes of one image, counted in base64. Bedrock and Google Cloud take half of it."""
MAX_IMAGE_SIDE_PIXELS = 8_000
"""The most pixels of either side of an image."""
MAX_PDF_PAGES = 600
"""The most pages of all PDFs of a request. Models with a window of 200,000 tokens take 100."""
MAX_REQUEST_BYTES = 32 * 1024 * 1024
"""The most bytes of a request."""
IMAGE_MEDIA_TYPES = ("image/png", "image/jpeg", "image/gif", "image/webp")

_PNG, _JPEG, _GIF = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", (b"GIF87a", b"GIF89a")
_JPEG_SIZE_MARKERS = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_JPEG_MARKERS_WITHOUT_LENGTH = {0x01, *range(0xD0, 0xD9)}
_PDF_HEAD_BYTES = 1024
"""The bytes among which a PDF begins; some have other data in front."""
_PAGE_TREE = re.compile(rb"/Type\s*/Pages\b[^>]*?/Count\s+(\d+)|/Count\s+(\d+)[^>]*?/Type\s*/Pages\b")
_OBJECT_STREAM = re.compile(rb"/ObjStm\b.{0,500}?stream\r?\n", re.DOTALL)
_MAX_PACKED_BYTES = 1024 * 1024
"""The most bytes that are unpacked of one compressed part of a PDF."""


def image_media_type(data: bytes) -> str:
    """Return the media type of an image, by its first bytes. Empty: it is none that the API takes."""
    if data.startswith(_PNG):
        return "image/png"
    if data.startswith(_JPEG):
        return "image/jpeg"
    if data.startswith(_GIF):
        return "image/gif"
    return "image/webp" if data[:4] == b"RIFF" and data[8:12] == b"WEBP" else ""


def image_size(data: bytes) -> tuple[int, int] | None:
    """Return width and height of an image in pixels. None: it is broken, or no image that the API takes."""
    readers = {"image/png": _png_size, "image/jpeg": _jpeg_size, "image/gif": _gif_size, "image/webp": _webp_size}
    read = readers.get(image_media_type(data))
    try:
        width, height = read(data) if read is not None else (0, 0)
    except (struct.error, IndexError):  # it ends before its size
        return None
    return (width, height) if width and height else None


def find_image_problem(data: bytes, media_type: str) -> str | None:
    """Return the reason why the API would refuse an image, as the end of a sentence about it. None: it takes it."""
    found = image_media_type(data)
    if not found:
        return f"is no PNG, JPEG, GIF or WebP image, the kinds that the API takes: it begins with {data[:8]!r}"
    if found != media_type:
        return f"is {found} by its content, and not {media_type!r}"
    size_bytes = base64_length(len(data))
    if size_bytes > MAX_IMAGE_BYTES:
        return f"has {size_bytes:,} bytes in base64, and the API takes {MAX_IMAGE_BYTES:,} at most: scale it down"
    sides = image_size(data)
    if sides is None:
        return f"is a broken {found} file: its size cannot be read"
    if max(sides) > MAX_IMAGE_SIDE_PIXELS:
        most = MAX_IMAGE_SIDE_PIXELS
        return f"has {sides[0]} x {sides[1]} pixels, and the API takes sides of {most} at most: scale it down"
    return None


def find_pdf_problem(data: bytes) -> str | None:
    """Return the reason why the API would refuse a PDF, as the end of a sentence about it. None: none is known."""
    if b"%PDF-" not in data[:_PDF_HEAD_BYTES]:
        return f"is no PDF: it begins with {data[:8]!r}"
    if problem := find_size_problem(base64_length(len(data))):
        return problem
    pages = pdf_page_count(data)
    if pages is not None and pages > MAX_PDF_PAGES:
        return f"has {pages:,} pages, and the API takes {MAX_PDF_PAGES} at most: split it"
    return None


def find_size_problem(size_bytes: int) -> str | None:
    """Return the reason why content of so many bytes fits into no request, as the end of a sentence. None: it does."""
    if size_bytes <= MAX_REQUEST_BYTES:
        return None
    return f"has {size_bytes:,} bytes as it is sent, and the API takes {MAX_REQUEST_BYTES:,} for a whole request"


def base64_length(size_bytes: int) -> int:
    """Return the length of so many bytes in base64."""
    return -(-size_bytes // 3) * 4


def pdf_page_count(data: bytes) -> int | None:
    """Return the number of pages that a PDF names in its page tree. None: it is not found."""
    counts = [int(before or after) for part in _pdf_parts(data) for before, after in _PAGE_TREE.findall(part)]
    return max(counts, default=None)


def _pdf_parts(data: bytes) -> Iterator[bytes]:
    """Yield the file itself and its unpacked object streams, in which newer files keep their page tree."""
    yield data
    view = memoryview(data)
    for match in _OBJECT_STREAM.finditer(data):
        try:
            packed = view[match.end() : match.end() + _MAX_PACKED_BYTES]
            yield zlib.decompressobj().decompress(packed, 4 * _MAX_PACKED_BYTES)
        except zlib.error:  # packed in another way
            continue


def _png_size(data: bytes) -> tuple[int, int]:
    width, height = struct.unpack(">II", data[16:24])
    return int(width), int(height)


def _gif_size(data: bytes) -> tuple[int, int]:
    width, height = struct.unpack("<HH", data[6:10])
    return int(width), int(height)


def _jpeg_size(data: bytes) -> tuple[int, int]:
    at = 2
    while True:
        at = data.find(b"\xff", at) % (len(data) + 1)  # none left: its end, where reading fails
        marker = data[at + 1]
        if marker == 0xFF:  # a fill byte
            at += 1
        elif marker in _JPEG_SIZE_MARKERS:
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return int(width), int(height)
        elif marker in _JPEG_MARKERS_WITHOUT_LENGTH:
            at += 2
        else:
            at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")


def _webp_size(data: bytes) -> tuple[int, int]:
    kind, body = data[12:16], data[20:30]
    if kind == b"VP8 ":
        width, height = struct.unpack("<HH", body[6:10])
        return width & 0x3FFF, height & 0x3FFF
    if kind == b"VP8L" and len(body) >= 5:
        packed = int.from_bytes(body[1:5], "little")
        return (packed & 0x3FFF) + 1, (packed >> 14 & 0x3FFF) + 1
    if kind == b"VP8X" and len(body) == 10:
        return int.from_bytes(body[4:7], "little") + 1, int.from_bytes(body[7:10], "little") + 1
    return 0, 0
