"""The rule of images: a readable file with no side too long. Sizes are read from the file's first bytes."""

from __future__ import annotations

import base64
import binascii
import struct
from typing import TYPE_CHECKING, cast

from agentkit.simulator.rules.refusal import APPROXIMATE, coded_refusal, with_nested_blocks

if TYPE_CHECKING:
    from agentkit.messages.message import JSONObject
    from agentkit.simulator.rules.refusal import CheckedRequest, Refusal

_MAX_SIDE_PIXELS = 8000
_JPEG_SIZE_MARKERS = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}


def check_images(request: CheckedRequest) -> Refusal | str | None:
    """Check base64 images: refuse the first that is not an image, or all that have a side that is too long."""
    too_large: list[str] = []
    for i, j, block in request.blocks():
        places = ["", *(f".content.{k}" for k in range(len(with_nested_blocks(block)) - 1))]
        for place, each in zip(places, with_nested_blocks(block), strict=True):
            source = cast("JSONObject", each.get("source") or {})
            if each["type"] != "image" or source.get("type") != "base64":
                continue
            sides = _image_size(source.get("data"))
            if sides is None:
                return APPROXIMATE["image data"].format(i=i, j=f"{j}{place}")
            if max(sides) > _MAX_SIDE_PIXELS:
                too_large.append(f"messages.{i}.content.{j}{place}")
    if not too_large:
        return None
    text = APPROXIMATE["image size"].format(limit=_MAX_SIDE_PIXELS, paths=", ".join(too_large))
    return coded_refusal("image_dimensions_too_large", text, max_side_length_pixels=_MAX_SIDE_PIXELS, paths=too_large)


def _image_size(data: object) -> tuple[int, int] | None:
    """Return width and height, in pixels, of a PNG, GIF, JPEG or WebP file in base64. None: it is no such file."""
    try:
        raw = base64.b64decode(data, validate=True) if isinstance(data, str) else b""
    except (binascii.Error, ValueError):
        return None
    try:
        if raw.startswith(b"\x89PNG\r\n\x1a\n"):
            width, height = struct.unpack(">II", raw[16:24])
            return int(width), int(height)
        if raw[:6] in (b"GIF87a", b"GIF89a"):
            width, height = struct.unpack("<HH", raw[6:10])
            return int(width), int(height)
        if raw.startswith(b"\xff\xd8"):
            return _jpeg_size(raw)
        if raw[:4] == b"RIFF" and raw[8:12] == b"WEBP":
            return (1, 1)  # WebP has three layouts, which are not read here: its size is not checked
    except struct.error:
        return None
    return None


def _jpeg_size(raw: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 <= len(raw) and raw[at] == 0xFF:
        if raw[at + 1] in _JPEG_SIZE_MARKERS:
            height, width = struct.unpack(">HH", raw[at + 5 : at + 9])
            return int(width), int(height)
        at += 2 + int.from_bytes(raw[at + 2 : at + 4], "big")
    return None
