"""Tokens of pictures and PDFs: a picture costs by its size in pixels, a PDF by its pages, and neither by its bytes.

Source: the guides on vision and PDF support. A picture is seen in patches of 28 x 28 pixels, each a token, after it was
scaled down to what the model sees. A page of a PDF is its text, and a picture of the page.
"""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Iterator
from typing import cast

from agentkit.messages.media_files import image_size, pdf_page_count
from agentkit.messages.message import JSONObject
from agentkit.simulator.model_behavior.models import ModelFacts

_PATCH_PIXELS = 28
_PAGE_TOKENS = 1_500
"""The tokens of a page of a PDF. The guide says 1,500 to 3,000, by how much text it has: the least, so that nothing is
refused that may fit."""
_HEAD_CHARS = 1_400_000
"""The characters of base64 in which the size of a picture is looked for: metadata may stand before it."""


def media_in(part: object) -> Iterator[JSONObject]:
    """Yield the pictures and documents in a block, in a tool's result and in a document made of blocks."""
    if isinstance(part, list):
        for each in cast("list[object]", part):
            yield from media_in(each)
    elif isinstance(part, dict):
        block = cast("JSONObject", part)
        kind, source = block.get("type"), cast("object", block.get("source"))
        if kind in ("image", "document") and isinstance(source, dict) and source.get("type") in _COUNTED_SOURCES:  # pyright: ignore[reportUnknownMemberType]  # any JSON
            yield block
        elif kind == "document" and isinstance(source, dict):
            yield from media_in(cast("JSONObject", source).get("content"))
        elif kind == "tool_result":
            yield from media_in(block.get("content"))


_COUNTED_SOURCES = ("base64", "url", "file")
"""Sources whose tokens are not those of the text that a request holds."""


def media_tokens(block: JSONObject, facts: ModelFacts | None) -> int:
    """Return the tokens of a picture or document. One that is not in the request counts as a big picture or one page.

    Args:
        block: The block.
        facts: The model that sees it. None: the one that sees most.
    """
    data = cast("JSONObject", block["source"]).get("data")
    if block["type"] == "document":
        return _PAGE_TOKENS * max(1, pdf_page_count(_decode(data)) or 1)
    side, most = (2_576, 4_784) if facts is None or facts.has_sharp_sight else (1_568, 1_568)
    size = image_size(_decode(data[:_HEAD_CHARS] if isinstance(data, str) else data))
    return most if size is None else image_tokens(*size, most_side=side, most_tokens=most)


def image_tokens(width: int, height: int, *, most_side: int, most_tokens: int) -> int:
    """Return the tokens of a picture, scaled down to a longest side and a number of tokens."""
    scale = min(1.0, most_side / max(width, height))
    if _patches(width, height, scale) > most_tokens:
        scale = min(scale, math.sqrt(most_tokens * _PATCH_PIXELS**2 / (width * height)))
        while _patches(width, height, scale) > most_tokens:
            scale *= 0.99
    return _patches(width, height, scale)


def _patches(width: int, height: int, scale: float) -> int:
    across, down = (max(1, math.ceil(round(side * scale) / _PATCH_PIXELS)) for side in (width, height))
    return across * down


def _decode(data: object) -> bytes:
    """Return the bytes of a text in base64, up to where it is none."""
    if not isinstance(data, str):
        return b""
    try:
        return base64.b64decode(data[: len(data) // 4 * 4])
    except (binascii.Error, ValueError):
        return b""
