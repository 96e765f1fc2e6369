"""The rules of images and PDFs: a readable file of the named type, not too large, and not too many of them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

from agentkit.messages.media_files import (
    IMAGE_MEDIA_TYPES,
    MAX_IMAGE_SIDE_PIXELS,
    MAX_PDF_PAGES,
    image_media_type,
    image_size,
    pdf_page_count,
)
from agentkit.simulator.rules.refusal import APPROXIMATE, coded_refusal, with_nested_blocks

if TYPE_CHECKING:
    from agentkit.messages.message import Block, JSONObject
    from agentkit.simulator.rules.refusal import CheckedRequest, Refusal

_MAX_IMAGE_BYTES = 5 * 1024 * 1024
"""The most bytes of one image, counted in base64. Newer guides say twice as much for the API itself; refusals in public
reports, and other platforms, take this. What is taken here is taken everywhere."""
_MANY_IMAGES = 20
"""With more images than this in a request, all of them have to be smaller."""
_MAX_SIDE_OF_MANY_PIXELS = 2_000
_SMALL_WINDOW_TOKENS = 200_000
_SMALL_WINDOW_MAX_COUNT = 100
"""The most images, and the most pages of PDFs, for a model with a small window; others take `MAX_PDF_PAGES`."""


def check_media(request: CheckedRequest) -> Refusal | str | None:
    """Check all images and PDFs in base64, also those in tool results, and the numbers of images and pages."""
    images, sides, pages = 0, dict[str, int](), 0
    for place, block in _media_blocks(request):
        source = cast("JSONObject", block.get("source") or {})
        images += block["type"] == "image"
        if source.get("type") != "base64":
            continue
        if block["type"] == "image":
            data = _decode(source.get("data"))
            if text := _find_image_error(source, data, place):
                return text
            sides[place] = max(image_size(data) or (0,))
        else:
            data = _decode(source.get("data"))
            if not data.startswith(b"%PDF-"):
                return APPROXIMATE["pdf data"].format(place=place)
            pages += pdf_page_count(data) or 0
    return _check_counts(request, images, pages) or _check_sides(images, sides)


def _media_blocks(request: CheckedRequest) -> Iterator[tuple[str, Block]]:
    """Yield images and documents, with their paths."""
    for i, j, block in request.blocks():
        outer, *inner = with_nested_blocks(block)
        for k, each in enumerate([outer, *inner], -1):
            if each["type"] in ("image", "document"):
                yield f"messages.{i}.content.{j}" + (f".content.{k}" if k >= 0 else ""), each


def _decode(data: object) -> bytes:
    """Return the bytes of a text in base64; none where it is not base64."""
    try:
        return base64.b64decode(data, validate=True) if isinstance(data, str) else b""
    except (binascii.Error, ValueError):
        return b""


def _find_image_error(source: JSONObject, data: bytes, place: str) -> str | None:
    media_type = source.get("media_type")
    if media_type not in IMAGE_MEDIA_TYPES:
        return (
            f"{place}.image.source.base64.media_type: Input should be 'image/jpeg', 'image/png', 'image/gif' or "
            "'image/webp'"
        )
    found = image_media_type(data)
    if not found or image_size(data) is None:
        return APPROXIMATE["image data"].format(place=place)
    if found != media_type:
        return f"{place}.image.source.base64.data: Image does not match the provided media type {media_type}"
    size = len(str(source["data"]))
    if size > _MAX_IMAGE_BYTES:
        most = _MAX_IMAGE_BYTES
        return f"{place}.image.source.base64: image exceeds 5 MB maximum: {size} bytes > {most} bytes"
    return None


def _check_counts(request: CheckedRequest, images: int, pages: int) -> str | None:
    is_small = request.facts.limits.context_tokens <= _SMALL_WINDOW_TOKENS
    most = _SMALL_WINDOW_MAX_COUNT if is_small else MAX_PDF_PAGES
    if pages > most:
        return f"messages: A maximum of {most} PDF pages may be provided."
    return APPROXIMATE["images"].format(count=images, limit=most) if images > most else None


def _check_sides(images: int, sides: dict[str, int]) -> Refusal | None:
    """Refuse all images that have a side that is too long."""
    most = _MAX_SIDE_OF_MANY_PIXELS if images > _MANY_IMAGES else MAX_IMAGE_SIDE_PIXELS
    paths = [place for place, side in sides.items() if side > most]
    if not paths:
        return None
    text = APPROXIMATE["image size"].format(limit=most, paths=", ".join(paths))
    return coded_refusal("image_dimensions_too_large", text, max_side_length_pixels=most, paths=paths)
