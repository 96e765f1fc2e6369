"""What a tool returned -> the content of its tool result.

str                               as it is
None                              `Done.`
Image, File, Document             the API's block
a list with some of these in it   a block each; its strings, and all else as text
a list of the API's own blocks    as it is
bytes                             their text where they are UTF-8, otherwise a sentence with their size and kind
Artifact                          a sentence with its handle, type, size and summary, where it can be kept
anything else pydantic can write  compact JSON; NaN and infinities as strings, bytes that are no UTF-8 as base64
nothing (an empty text or list)   an empty text is `(empty)`, an empty list `[]`

What is too long is clipped; where it can be kept, all of it is, and the sentence in its middle names the handle.
What no request can carry, halves of surrogate pairs and control characters, is replaced, and the result says so.
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
"""A rough length of a token, to turn a limit in tokens into one in characters without asking the server."""
DEFAULT_MAX_TOKENS = 25_000
"""The limit of a tool that names none."""


class Keep(Protocol):
    """Keeps a result whole."""

    def __call__(self, whole: Whole, label: Label | None = None, /) -> str | None:
        """Keep it and return its handle. None: there is no room for it."""
        ...


Hide: TypeAlias = Callable[[Content], Content]
"""Takes the secrets out of a result."""

_EMPTY = "(empty)"
_NEEDED: dict[str, tuple[tuple[str, type], ...]] = {
    "text": (("text", str),),
    "image": (("source", dict),),
    "document": (("source", dict),),
    "search_result": (("source", str), ("title", str), ("content", list)),
    "tool_reference": (("tool_name", str),),
}
"""The blocks that a tool result may hold, by type, with what each must have: data of the user's own may look alike."""
_BETWEEN = "\n\n"
"""What stands between the texts of several blocks where they are kept as one."""
_HOW_TO_NARROW = "To see them, narrow the call: ask for a part, a filter or fewer results."
_HEAD_SHARE = 0.7
_LONG = 1_000_000
"""A result of more characters or bytes is worked on in a thread."""


def render_result(
    value: object, max_tokens: int | None = None, keep: Keep | None = None, hide: Hide | None = None
) -> Content:
    """The content for what a tool returned, its text clipped to about `max_tokens` in all (None: 25,000).

    `keep` takes the whole of what does not fit, None: nobody does. `hide` takes secrets out before anything is clipped
    or kept, so that no part of one stays. Raises TypeError for a value that has no JSON form.
    """
    limit = int((max_tokens or DEFAULT_MAX_TOKENS) * CHARS_PER_TOKEN)
    content = _content(value, keep, hide)
    content = content if hide is None else hide(content)
    if isinstance(content, str):
        text = sendable(content)
        return _clip(text, limit, keep(text) if keep and len(text) > limit else None) or _EMPTY
    return _rendered(content, limit, keep) or _EMPTY


def takes_long(value: object) -> bool:
    """Whether rendering a value could hold up the event loop, so that a thread should do it."""
    content = value.content if isinstance(value, Artifact) else value
    if isinstance(content, str | bytes):
        return len(content) > _LONG
    return isinstance(value, Artifact)


def _rendered(blocks: list[Block], limit: int, keep: Keep | None) -> list[Block]:
    """The blocks that fit: pictures and PDFs all do, texts share the limit."""
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
    """What a function's return annotation says of its result. Made by `declared_type`."""

    _adapter: TypeAdapter[object] = field(repr=False)

    def as_text(self, value: object) -> object:
        """The value as JSON text, with the names and fields of the declared type; a value of another type as it is.

        As everywhere in pydantic, what only a subclass of it has is left out: the declared type is the promise. What
        the API takes as content stays what it is.
        """
        if _is_content(value):
            return value
        try:
            data: object = self._adapter.dump_python(value, mode="json", by_alias=True, warnings="error")
            return to_json(data, inf_nan_mode="strings").decode()
        except (PydanticSerializationError, PydanticUserError, UnicodeError):
            return value  # it is not what was declared, or holds half of a surrogate pair


def declared_type(annotation: object) -> Declared | None:
    """What a return annotation says of the result; None where it says nothing that the value does not say itself."""
    if annotation in (None, str, bytes, int, float, bool, type(None)) or _is_open(annotation):
        return None
    try:
        return Declared(TypeAdapter(cast("type[object]", annotation)))
    except (PydanticUserError, SchemaError, TypeError, NameError):
        return None


def _is_open(annotation: object) -> bool:
    """Whether a type promises nothing about what is inside."""
    says_nothing = annotation is object or annotation is Any or annotation is BaseModel
    return says_nothing or any(_is_open(part) for part in get_args(annotation))


def _is_content(value: object) -> bool:
    if isinstance(value, list | tuple):
        parts = list(cast("list[object]", value))
        return any(isinstance(part, Image | File | Document | Artifact) for part in parts) or _are_blocks(parts)
    return value is None or isinstance(value, str | Image | File | Document | Artifact | bytes | bytearray | memoryview)


def _content(value: object, keep: Keep | None, hide: Hide | None) -> Content:
    if isinstance(value, str):
        return str.__str__(value)  # of an Enum with a text value, that text
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
    """What the model is told of an artifact that is kept. None: nobody keeps it."""
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
    """What is kept of the content of an artifact, and its media type."""
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
    """The block as JSON that a request can carry. Raises TypeError when it has no JSON form."""
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
    """What counts of a block: its text, not the data of a picture or a PDF."""
    if block["type"] == "text":
        return str(block["text"])
    source = block.get("source")
    is_text = block["type"] == "document" and isinstance(source, dict) and cast("Block", source).get("type") == "text"
    return str(cast("Block", source).get("data", "")) if is_text else ""


def _clip(text: str, limit: int, handle: str | None, at: int = 0) -> str:
    """Head and tail of a text that is too long, with a sentence between them that says how to see the rest.

    `at` is where the text begins in what is kept under `handle`.
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
