"""Render the return value of a tool as the content of its tool result.

str                               as it is
None                              `Done.`
Image, File, Document             the API's block
a list with some of these in it   a block each; its strings, and all else as text
a list of the API's own blocks    as it is
bytes                             their text where they are UTF-8, otherwise a sentence with their size and kind
Artifact                          a sentence with its handle, type, size and summary, where it can be kept
anything else pydantic can write  compact JSON; NaN and infinities as strings, bytes that are no UTF-8 as base64
nothing (an empty text or list)   an empty text is `(empty)`, an empty list `[]`

A long text is clipped; where it can be kept as an artifact, a sentence in the middle names the handle. Characters that
no request can carry, lone surrogates and control characters, are replaced, and the result says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias, TypeGuard, cast, get_args

from pydantic import BaseModel, TypeAdapter
from pydantic.errors import PydanticUserError
from pydantic_core import PydanticSerializationError, SchemaError, to_json, to_jsonable_python

from agentkit.messages.content import Document, File, Image
from agentkit.messages.message import Block, Content, text_block
from agentkit.tools.artifacts.artifact import PEEK_TOOL, READ_TOOL, SEARCH_TOOL, Artifact, described, kind_of
from agentkit.tools.artifacts.content import Whole
from agentkit.tools.artifacts.store import Label
from agentkit.tools.serialization import json_text, replaced, sendable

CHARS_PER_TOKEN = 3.5
"""A rough length of a token, to turn a limit in tokens into one in characters without a request."""
DEFAULT_MAX_TOKENS = 25_000
"""The limit in tokens for a tool that declares none."""


class Keep(Protocol):
    """Keeps a whole result as an artifact."""

    def __call__(self, whole: Whole, label: Label | None = None, /) -> str | None:
        """Keep the content and return its handle. None: it is too large."""
        ...


Hide: TypeAlias = Callable[[Content], Content]
"""Removes the secrets from a result."""

_EMPTY = "(empty)"
_NEEDED: dict[str, tuple[tuple[str, type], ...]] = {
    "text": (("text", str),),
    "image": (("source", dict),),
    "document": (("source", dict),),
    "search_result": (("source", str), ("title", str), ("content", list)),
    "tool_reference": (("tool_name", str),),
}
"""The required fields of each type of block in a tool result: a user's own data may have a `type`, too."""
_BETWEEN = "\n\n"
"""Separates the texts of several blocks that are kept as one artifact."""
_HOW_TO_NARROW = "To see them, narrow the call: ask for a part, a filter or fewer results."
_HEAD_SHARE = 0.7
_LONG = 1_000_000
"""A result with more characters or bytes is rendered in a thread."""


def render_result(
    value: object, max_tokens: int | None = None, keep: Keep | None = None, hide: Hide | None = None
) -> Content:
    """Render the return value of a tool.

    Args:
        value: The return value.
        max_tokens: The approximate limit of all text. None: 25,000.
        keep: Keeps the whole of a result that does not fit. None: the rest is lost.
        redact: Removes secrets, before clipping, so that no part of one stays. None: nothing is removed.

    Raises:
        TypeError: The value has no JSON form.
    """
    limit = int((max_tokens or DEFAULT_MAX_TOKENS) * CHARS_PER_TOKEN)
    content = _content(value, keep, hide)
    content = content if hide is None else hide(content)
    if isinstance(content, str):
        text = sendable(content)
        return _clip(text, limit, keep(text) if keep and len(text) > limit else None) or _EMPTY
    return _rendered(content, limit, keep) or _EMPTY


def takes_long(value: object) -> bool:
    """True if rendering a value could block the event loop, so that it should be done in a thread."""
    content = value.content if isinstance(value, Artifact) else value
    if isinstance(content, str | bytes):
        return len(content) > _LONG
    return isinstance(value, Artifact)


def _rendered(blocks: list[Block], limit: int, keep: Keep | None) -> list[Block]:
    """Return the blocks that fit: all images and PDFs, and the texts within a common limit of characters."""
    clean = [_clean_block(block) for block in blocks]
    texts = [text for block in clean if (text := _text(block))]
    handle = keep(_BETWEEN.join(texts)) if keep and sum(map(len, texts)) > limit else None
    rendered: list[Block] = []
    left_out = at = 0
    for block in clean:
        length = len(_text(block))
        if length and limit <= 0:
            left_out += 1
            continue
        if block["type"] != "text" or length:
            rendered.append(_clip_block(block, limit, handle, at) if length else block)
        limit -= length
        at += length + len(_BETWEEN) if length else 0
    if left_out:
        noun = "block" if left_out == 1 else "blocks"
        rendered.append(text_block(f"[{left_out:,} more {noun} of text left out here. {_how_to_see(handle, at)}]"))
    return rendered


@dataclass(frozen=True, slots=True)
class Declared:
    """Serializes a result as its declared type. Made by `declared_result`."""

    _adapter: TypeAdapter[object] = field(repr=False)

    def as_text(self, value: object) -> object:
        """Return the value as JSON text, with the names and fields of the declared type.

        Fields of a subclass only are left out, as everywhere in pydantic. A value of another type, and content that
        the API takes, is returned unchanged.
        """
        if _is_content(value):
            return value
        try:
            data: object = self._adapter.dump_python(value, mode="json", by_alias=True, warnings="error")
            return to_json(data, inf_nan_mode="strings").decode()
        except (PydanticSerializationError, PydanticUserError, UnicodeError):
            return value  # not of the declared type, or with a lone surrogate


def declared_type(annotation: object) -> Declared | None:
    """Return the serializer for a return annotation. None: the value alone determines its JSON form."""
    if annotation in (None, str, bytes, int, float, bool, type(None)) or _is_open(annotation):
        return None
    try:
        return Declared(TypeAdapter(cast("type[object]", annotation)))
    except (PydanticUserError, SchemaError, TypeError, NameError):
        return None


def _is_open(annotation: object) -> bool:
    """True if a type, or a type inside it, says nothing about its values."""
    says_nothing = annotation is object or annotation is Any or annotation is BaseModel
    return says_nothing or any(_is_open(part) for part in get_args(annotation))


def _is_content(value: object) -> bool:
    if isinstance(value, list | tuple):
        parts = list(cast("list[object]", value))
        return any(isinstance(part, Image | File | Document | Artifact) for part in parts) or _are_blocks(parts)
    return value is None or isinstance(value, str | Image | File | Document | Artifact | bytes | bytearray | memoryview)


def _content(value: object, keep: Keep | None, hide: Hide | None) -> Content:
    if isinstance(value, str):
        return str.__str__(value)  # for a member of a text Enum, its value
    if value is None:
        return "Done."
    if isinstance(value, Image | File | Document):
        return [value.to_block()]
    if isinstance(value, bytes | bytearray | memoryview):
        return _text_of_bytes(bytes(cast("bytes", value)), keep)
    if isinstance(value, Artifact):
        return _reference(value, keep, hide) or _content(value.content, keep, hide)
    if isinstance(value, list | tuple) and _is_content(cast("list[object]", value)):
        return [block for part in cast("list[object]", value) for block in _blocks(part, keep, hide)]
    return json_text(cast("list[object]", value) if isinstance(value, list | tuple) else value)


def _are_blocks(parts: list[object]) -> TypeGuard[list[Block]]:
    return bool(parts) and all(_is_block(part) for part in parts)


def _is_block(part: object) -> TypeGuard[Block]:
    if not isinstance(part, dict):
        return False
    block = cast("Block", part)
    needed = _NEEDED.get(str(block.get("type")))
    return needed is not None and all(isinstance(block.get(name), kind) for name, kind in needed)


def _blocks(part: object, keep: Keep | None, hide: Hide | None) -> list[Block]:
    if _is_block(part):
        return [part]
    content = _content(part, keep, hide)
    return [text_block(content)] if isinstance(content, str) else content


def _reference(artifact: Artifact, keep: Keep | None, hide: Hide | None) -> str | None:
    """Keep an artifact and return the sentence about it for the model. None: it is not kept."""
    if keep is None:
        return None
    whole, media_type = _whole(artifact.content)
    if isinstance(whole, str):
        whole = replaced(whole if hide is None else str(hide(whole)))[0]
    label = Label(artifact.media_type or media_type, " ".join(artifact.summary.split()), artifact.name)
    handle = keep(whole, label)
    if handle is None:
        return None
    size = f"{len(whole):,} {'characters' if isinstance(whole, str) else 'bytes'}"
    facts = ", ".join(filter(None, (label.name, label.media_type, size)))
    tools = f" `{READ_TOOL}`, `{PEEK_TOOL}` and `{SEARCH_TOOL}` read in it." if isinstance(whole, str) else ""
    return f"[Kept as {handle}: {facts}.{f' {label.summary}' if label.summary else ''}{tools}]"


def _whole(content: object) -> tuple[Whole, str]:
    """Return the content of an artifact in the form that is kept, and its media type."""
    if isinstance(content, str):
        return str.__str__(content), "text/plain"
    if not isinstance(content, bytes | bytearray | memoryview):
        return json_text(content), "application/json"
    data = bytes(cast("bytes", content))
    try:
        return data.decode(), "text/plain"
    except UnicodeDecodeError:
        return data, kind_of(data) or "application/octet-stream"


def _text_of_bytes(data: bytes, keep: Keep | None) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        handle = keep(data) if keep else None
        return f"[{described(data)}, kept as {handle}]" if handle else f"[{described(data)}]"


def _clean_block(block: Block) -> Block:
    """Return the block as JSON that a request can carry. Raises TypeError for a block without a JSON form."""
    if block["type"] == "text":
        return {**block, "text": sendable(block["text"])}

    def clean(part: object) -> object:
        if isinstance(part, str):
            return replaced(part)[0]
        if isinstance(part, dict):
            return {str(key): clean(inner) for key, inner in cast("dict[object, object]", part).items()}
        return [clean(inner) for inner in cast("list[object]", part)] if isinstance(part, list) else part

    try:
        return cast("Block", clean(to_jsonable_python(block, inf_nan_mode="strings")))
    except PydanticSerializationError as error:
        raise TypeError(f"the tool returned a {block['type']} block that has no JSON form: {error}") from error


def _clip_block(block: Block, limit: int, handle: str | None, at: int) -> Block:
    text = _clip(_text(block), limit, handle, at)
    changed = {"text": text} if block["type"] == "text" else {"source": {**block["source"], "data": text}}
    return {**block, **changed}


def _text(block: Block) -> str:
    """Return the text of a block that counts towards the limit: not the data of an image or a PDF."""
    if block["type"] == "text":
        return str(block["text"])
    source = block.get("source")
    is_text = block["type"] == "document" and isinstance(source, dict) and cast("Block", source).get("type") == "text"
    return str(cast("Block", source).get("data", "")) if is_text else ""


def _clip(text: str, limit: int, handle: str | None, at: int = 0) -> str:
    """Return head and tail of a text that is too long, with a sentence between them that says how to see the rest.

    `at` is the position of the text in the artifact `handle`.
    """
    if len(text) <= limit:
        return text
    head = int(limit * _HEAD_SHARE)
    tail = limit - head
    left_out = len(text) - limit
    sentence = f"[{left_out:,} of {len(text):,} characters left out here. {_how_to_see(handle, at + head)}]"
    return f"{text[:head]}\n{sentence}\n{text[len(text) - tail :]}"


def _how_to_see(handle: str | None, at: int) -> str:
    if handle is None:
        return _HOW_TO_NARROW
    return f"All is kept as {handle}: `{PEEK_TOOL}` reads on with start={at}, `{SEARCH_TOOL}` finds words in it."
