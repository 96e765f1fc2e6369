"""A server's result -> the content of a tool result.

text                                  as it is
image, also as an embedded resource   an image block, where the API takes its kind and size
audio, links, other resources         a text that says what it is and where
nothing but `structuredContent`       its JSON
a result with `isError`               a ToolError with its text

Nothing that a server sends fails the call once it ran: what cannot be shown is described.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, cast

from agentkit.errors import ToolError, UsageError
from agentkit.log import log
from agentkit.messages.content import Image
from agentkit.messages.message import Block, JSONObject, text_block
from agentkit.schema.validation.problems import find_problems

if TYPE_CHECKING:
    from agentkit.mcp.annotations import Listed

MOST_IMAGE_BYTES = 5_000_000
"""The API refuses requests with a larger image, counted as base64."""

# A link to the documentation of a validator's error, on a line of its own.
_DOCS_LINE = re.compile(r"^[ \t]*For further information visit https?://\S+[ \t]*\n?", re.MULTILINE)
_TRACEBACK = re.compile(r"^Traceback \(most recent call last\):$.*", re.MULTILINE | re.DOTALL)


def content_of(result: JSONObject, listed: Listed) -> list[Block]:
    """The content blocks. Raises ToolError for an error, and for a question that the server asks in between."""
    tool = listed.name
    if result.get("resultType") == "input_required":
        raise ToolError(f"`{tool}` asks a person a question before it goes on, which is not possible here.")
    blocks = [_block(part) for part in cast("list[JSONObject]", result.get("content") or [])]
    if result.get("isError"):
        text = "\n".join(str(block["text"]) for block in blocks if block["type"] == "text")
        raise ToolError(readable(text) or f"`{tool}` failed and did not say why.")
    misfit = _misfit(result, listed)
    if misfit:
        log().warning("a result does not fit the schema that its server gives", tool=tool, problem=misfit)
    if blocks or "structuredContent" not in result:
        return blocks
    if misfit:
        raise ToolError(f"`{tool}` ran, but its result is not what its server promises: {misfit}")
    return [text_block(json.dumps(result["structuredContent"], ensure_ascii=False, separators=(",", ":")))]


def readable(text: str) -> str:
    """An error's text without what is of no use to a model: links to documentation, tracebacks."""
    return _TRACEBACK.sub("", _DOCS_LINE.sub("", text)).strip()


def _misfit(result: JSONObject, listed: Listed) -> str:
    """Why the structured content is not what was promised; empty where it is, or nothing was."""
    if listed.output_schema is None:
        return ""
    if "structuredContent" not in result:
        return "it has no structured content"
    problems = find_problems(result["structuredContent"], dict(listed.output_schema))
    return str(problems[0]) if problems else ""


def _block(part: JSONObject) -> Block:
    describe = _KINDS.get(str(part.get("type")))
    return describe(part) if describe else text_block(f"[content of the unknown type {part.get('type')!r}]")


def _text(part: JSONObject) -> Block:
    return text_block(str(part["text"]))


def _image(part: JSONObject) -> Block:
    return _shown(str(part.get("mimeType")), str(part.get("data", "")), "")


def _audio(part: JSONObject) -> Block:
    return text_block(f"[audio, {part.get('mimeType')}, {_size(str(part.get('data', '')))}; it cannot be played here]")


def _link(part: JSONObject) -> Block:
    facts = [part.get("title") or part.get("name"), part.get("mimeType"), part.get("description")]
    about = ", ".join(str(fact) for fact in facts if fact)
    return text_block(f"[resource link {part.get('uri')}: {about}]" if about else f"[resource link {part.get('uri')}]")


def _resource(part: JSONObject) -> Block:
    resource: JSONObject = part.get("resource") or {}
    uri = str(resource.get("uri"))
    if "text" in resource:
        return text_block(f"[resource {uri}]\n{resource['text']}")
    return _shown(str(resource.get("mimeType")), str(resource.get("blob", "")), uri)


def _shown(media_type: str, data: str, uri: str) -> Block:
    """An image block; a description for what is no image, or none that the API takes."""
    try:
        if len(data) <= MOST_IMAGE_BYTES:
            return Image.of(base64.b64decode(data, validate=True)).to_block()
    except (UsageError, binascii.Error):
        pass
    what = f"resource {uri}, {media_type}" if uri else media_type
    return text_block(f"[{what}, {_size(data)}; it cannot be shown here]")


def _size(data: str) -> str:
    return f"{len(data) * 3 // 4:,} bytes"


_KINDS: Mapping[str, Callable[[JSONObject], Block]] = {
    "text": _text,
    "image": _image,
    "audio": _audio,
    "resource_link": _link,
    "resource": _resource,
}
