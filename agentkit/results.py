"""What a tool returned -> the content of its tool result.

str                               as it is
None                              `Done.`
Image, File, Document             the API's block
a list with some of these in it   a block each, its strings as text blocks
a list of the API's own blocks    as it is
bytes                             their text where they are UTF-8, otherwise a sentence with their size
anything else pydantic can write  compact JSON; NaN and infinities as strings
"""

from __future__ import annotations

import re
from typing import TypeGuard, cast

from pydantic_core import PydanticSerializationError, to_json

from agentkit.content import Document, File, Image
from agentkit.messages import Block, Content, text_block

CHARS_PER_TOKEN = 3.5
"""A rough length of a token, to turn a limit in tokens into one in characters without asking the server."""
DEFAULT_MAX_TOKENS = 25_000
"""The limit of a tool that names none."""

_BLOCK_TYPES = frozenset({"text", "image", "document", "search_result", "tool_reference"})
_UNSENDABLE = re.compile("[\ud800-\udfff\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_REPLACEMENT = "\ufffd"
_HEAD_SHARE = 0.7


def render_result(value: object, max_tokens: int | None = None) -> Content:
    """The content for what a tool returned, clipped to about `max_tokens` (None: 25,000).

    Raises TypeError for a value that has no JSON form.
    """
    limit = int((max_tokens or DEFAULT_MAX_TOKENS) * CHARS_PER_TOKEN)
    content = _content(value)
    if isinstance(content, str):
        return _clip(_sendable(content), limit)
    return [_rendered(block, limit) for block in content]


def _content(value: object) -> Content:
    if isinstance(value, str):
        return value
    if value is None:
        return "Done."
    if isinstance(value, Image | File | Document):
        return [value.to_block()]
    if isinstance(value, bytes | bytearray | memoryview):
        return _text_of_bytes(bytes(value))
    if isinstance(value, list | tuple):
        parts = cast("list[object]", list(value))
        if any(isinstance(part, Image | File | Document) for part in parts) or _are_blocks(parts):
            return [block for part in parts for block in _blocks(part)]
    return _json(value)


def _json(value: object) -> str:
    try:
        return to_json(value, inf_nan_mode="strings").decode()
    except UnicodeEncodeError:  # half of a surrogate pair somewhere inside: repaired afterwards
        return to_json(_without_surrogates(value), inf_nan_mode="strings").decode()
    except PydanticSerializationError as error:
        if "surrogates" in str(error):
            return to_json(_without_surrogates(value), inf_nan_mode="strings").decode()
        raise TypeError(f"the tool returned {type(value).__name__}, which has no JSON form: {error}") from error


def _without_surrogates(value: object) -> object:
    from pydantic_core import to_jsonable_python

    def clean(part: object) -> object:
        if isinstance(part, str):
            return _UNSENDABLE.sub(_REPLACEMENT, part)
        if isinstance(part, dict):
            return {clean(key): clean(inner) for key, inner in cast("dict[object, object]", part).items()}
        return [clean(inner) for inner in cast("list[object]", part)] if isinstance(part, list) else part

    return clean(to_jsonable_python(value, inf_nan_mode="strings"))


def _are_blocks(parts: list[object]) -> TypeGuard[list[Block]]:
    return bool(parts) and all(
        isinstance(part, dict) and cast("Block", part).get("type") in _BLOCK_TYPES for part in parts
    )


def _blocks(part: object) -> list[Block]:
    if isinstance(part, dict) and cast("Block", part).get("type") in _BLOCK_TYPES:
        return [cast("Block", part)]
    content = _content(part)
    return [text_block(content)] if isinstance(content, str) else content


def _text_of_bytes(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return f"[{len(data):,} bytes that are not UTF-8 text]"


def _rendered(block: Block, limit: int) -> Block:
    if block.get("type") != "text":
        return block
    return {**block, "text": _clip(_sendable(block["text"]), limit)}


def _sendable(text: str) -> str:
    """The text without characters that no request can carry, saying so."""
    cleaned, count = _UNSENDABLE.subn(_REPLACEMENT, text)
    return f"{cleaned}\n[{count} characters that cannot be sent were replaced by {_REPLACEMENT}]" if count else text


def _clip(text: str, limit: int) -> str:
    """Head and tail of a text that is too long, with a sentence between them that says how to get less."""
    if len(text) <= limit:
        return text
    head = int(limit * _HEAD_SHARE)
    tail = limit - head
    left_out = len(text) - limit
    sentence = (
        f"[{left_out:,} of {len(text):,} characters left out here. To see them, narrow the call: ask for a part, "
        "a filter or fewer results.]"
    )
    return f"{text[:head]}\n{sentence}\n{text[len(text) - tail :]}"
