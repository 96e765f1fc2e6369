"""Render the return value of a tool as the content of its tool result.

str                               as it is
None                              `Done.`; `null` where the function declares it beside other values
Image, File, Document             the API's block
a list with some of these in it   a block each; its strings, and all else as text
a list of the API's own blocks    as it is
bytes                             their text where they are UTF-8, otherwise a sentence with their size and kind
Artifact                          a sentence with its handle, type, size and summary, where it can be kept
anything else with a JSON form    compact JSON; NaN and infinities as strings, bytes that are no UTF-8 as base64
nothing (an empty text or list)   an empty text is `(empty)`, an empty list `[]`

A long text is clipped; where it can be kept as an artifact, a sentence in the middle names the handle. Characters that
no request can carry, lone surrogates and control characters, are replaced, and the result says so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeAlias, cast

from agentkit.errors import ToolError
from agentkit.log import log
from agentkit.messages.content import Document, File, Image, find_media_problem
from agentkit.messages.message import Block, Content, text_block
from agentkit.tools.artifacts.artifact import (
    PEEK_TOOL,
    READ_TOOL,
    SEARCH_TOOL,
    Artifact,
    describe_bytes,
    detect_media_type,
)
from agentkit.tools.artifacts.content import WholeContent
from agentkit.tools.artifacts.store import ArtifactLabel
from agentkit.tools.declared_result import CONTENT_TYPES
from agentkit.tools.json_forms import NoJsonForm
from agentkit.tools.result_blocks import are_blocks, block_text, clean_block, is_block, refused_result_text
from agentkit.tools.serialization import is_endless, json_text, replace_unsendable, sendable_text

CHARS_PER_TOKEN = 3.5
"""A rough length of a token, to turn a limit in tokens into one in characters without a request."""
DEFAULT_MAX_RESULT_TOKENS = 25_000
"""The limit in tokens for a tool that declares none."""


class KeepResult(Protocol):
    """Keeps a whole result as an artifact."""

    def __call__(self, whole: WholeContent, label: ArtifactLabel | None = None, /) -> str | None:
        """Keep the content and return its handle. None: it is too large."""
        ...


RedactContent: TypeAlias = Callable[[Content], Content]
"""Removes the secrets from a result."""

_EMPTY_TEXT = "(empty)"
_TEXT_SEPARATOR = "\n\n"
"""Separates the texts of several blocks that are kept as one artifact."""
_NARROWING_HINT = "To see them, narrow the call: ask for a part, a filter or fewer results."
_HEAD_SHARE = 0.7
_SLOW_SIZE = 1_000_000
"""A result with more characters or bytes is rendered in a thread."""


def render_result(
    value: object, max_tokens: int | None = None, keep: KeepResult | None = None, redact: RedactContent | None = None
) -> Content:
    """Render the return value of a tool.

    Args:
        value: The return value.
        max_tokens: The approximate limit of all text. None: 25,000.
        keep: Keeps the whole of a result that does not fit. None: the rest is lost.
        redact: Removes secrets, before clipping, so that no part of one stays. None: nothing is removed.

    Raises:
        NoJsonForm: The value has no JSON form.
        ToolError: It holds an image or a document that the API would refuse.
    """
    limit = int((max_tokens or DEFAULT_MAX_RESULT_TOKENS) * CHARS_PER_TOKEN)
    content = _to_content(value, keep, redact)
    content = content if redact is None else redact(content)
    if isinstance(content, str):
        text = sendable_text(content)
        return _clip_text(text, limit, keep(text) if keep and len(text) > limit else None) or _EMPTY_TEXT
    return _render_blocks(content, limit, keep) or _EMPTY_TEXT


def unshowable_result(tool: str, problem: NoJsonForm) -> ToolError:
    """Return the error of a call that ran, and whose result has no JSON form; log it for the developer."""
    cause = problem.__cause__  # without one of the user's, a traceback would only lead through this package
    shown = None if cause is None or is_endless(cause) else problem
    log().warning("a tool's result cannot be shown", tool=tool, problem=str(problem), exc_info=shown)
    return ToolError(f"`{tool}` ran; its result cannot be shown: {problem}. Calling it again would not help.")


def is_slow_to_render(value: object) -> bool:
    """True if rendering a value could block the event loop, so that it should be done in a thread."""
    content = value.content if isinstance(value, Artifact) else value
    if isinstance(content, str | bytes):
        return len(content) > _SLOW_SIZE
    return isinstance(value, Artifact)


def _render_blocks(blocks: list[Block], limit: int, keep: KeepResult | None) -> list[Block]:
    """Return the blocks that fit: all images and PDFs, and the texts within a common limit of characters."""
    clean = [clean_block(block) for block in blocks]
    if problem := next(filter(None, map(find_media_problem, clean)), None):
        raise ToolError(refused_result_text(clean, problem))
    texts = [text for block in clean if (text := block_text(block))]
    handle = keep(_TEXT_SEPARATOR.join(texts)) if keep and sum(map(len, texts)) > limit else None
    rendered: list[Block] = []
    left_out = at = 0
    for block in clean:
        length = len(block_text(block))
        if length and limit <= 0:
            left_out += 1
            continue
        if block["type"] != "text" or length:
            rendered.append(_clip_block(block, limit, handle, at) if length else block)
        limit -= length
        at += length + len(_TEXT_SEPARATOR) if length else 0
    if left_out:
        unit = "block" if left_out == 1 else "blocks"
        rendered.append(text_block(f"[{left_out:,} more {unit} of text left out here. {_rest_hint(handle, at)}]"))
    return rendered


def _is_content(value: list[object]) -> bool:
    return any(isinstance(part, CONTENT_TYPES) for part in value) or are_blocks(list(value))


def _to_content(value: object, keep: KeepResult | None, redact: RedactContent | None) -> Content:
    if isinstance(value, str):
        return str.__str__(value)  # for a member of a text Enum, its value
    if value is None:
        return "Done."
    if isinstance(value, Image | File | Document):
        return [value.to_block()]
    if isinstance(value, bytes | bytearray | memoryview):
        return _text_of_bytes(bytes(cast("bytes", value)), keep)
    if isinstance(value, Artifact):
        return _artifact_reference(value, keep, redact) or _to_content(value.content, keep, redact)
    if isinstance(value, list | tuple):
        parts = cast("list[object]", value)
        return (
            [block for part in parts for block in _to_blocks(part, keep, redact)]
            if _is_content(parts)
            else (json_text(parts))
        )
    return json_text(value)


def _to_blocks(part: object, keep: KeepResult | None, redact: RedactContent | None) -> list[Block]:
    if is_block(part):
        return [part]
    if part is None:
        return [text_block("null")]
    content = _to_content(part, keep, redact)
    return [text_block(content)] if isinstance(content, str) else content


def _artifact_reference(artifact: Artifact, keep: KeepResult | None, redact: RedactContent | None) -> str | None:
    """Keep an artifact and return the sentence about it for the model. None: it is not kept."""
    if keep is None:
        return None
    whole, media_type = _artifact_whole(artifact.content)
    if isinstance(whole, str):
        whole = replace_unsendable(whole if redact is None else str(redact(whole)))[0]
    label = ArtifactLabel(artifact.media_type or media_type, " ".join(artifact.summary.split()), artifact.name)
    handle = keep(whole, label)
    if handle is None:
        return None
    size = f"{len(whole):,} {'characters' if isinstance(whole, str) else 'bytes'}"
    facts = ", ".join(filter(None, (label.name, label.media_type, size)))
    tools = f" `{READ_TOOL}`, `{PEEK_TOOL}` and `{SEARCH_TOOL}` read in it." if isinstance(whole, str) else ""
    return f"[Kept as {handle}: {facts}.{f' {label.summary}' if label.summary else ''}{tools}]"


def _artifact_whole(content: object) -> tuple[WholeContent, str]:
    """Return the content of an artifact in the form that is kept, and its media type."""
    if isinstance(content, str):
        return str.__str__(content), "text/plain"
    if not isinstance(content, bytes | bytearray | memoryview):
        return json_text(content), "application/json"
    data = bytes(cast("bytes", content))
    try:
        return data.decode(), "text/plain"
    except UnicodeDecodeError:
        return data, detect_media_type(data) or "application/octet-stream"


def _text_of_bytes(data: bytes, keep: KeepResult | None) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        handle = keep(data) if keep else None
        return f"[{describe_bytes(data)}, kept as {handle}]" if handle else f"[{describe_bytes(data)}]"


def _clip_block(block: Block, limit: int, handle: str | None, at: int) -> Block:
    text = _clip_text(block_text(block), limit, handle, at)
    changed = {"text": text} if block["type"] == "text" else {"source": {**block["source"], "data": text}}
    return {**block, **changed}


def _clip_text(text: str, limit: int, handle: str | None, at: int = 0) -> str:
    """Return head and tail of a text that is too long, with a sentence between them that says how to see the rest.

    `at` is the position of the text in the artifact `handle`.
    """
    if len(text) <= limit:
        return text
    head = int(limit * _HEAD_SHARE)
    tail = limit - head
    left_out = len(text) - limit
    sentence = f"[{left_out:,} of {len(text):,} characters left out here. {_rest_hint(handle, at + head)}]"
    return f"{text[:head]}\n{sentence}\n{text[len(text) - tail :]}"


def _rest_hint(handle: str | None, at: int) -> str:
    if handle is None:
        return _NARROWING_HINT
    return f"All is kept as {handle}: `{PEEK_TOOL}` reads on with start={at}, `{SEARCH_TOOL}` finds words in it."
