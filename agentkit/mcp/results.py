"""Convert an MCP server's result to the content of a tool result.

text                                  as it is
image, also as an embedded resource   an image block, if the API accepts its type and size
audio, links, other resources         a text that describes it, with its address
only `structuredContent`              its JSON
a result with `isError`               a ToolError with its text

Content that cannot be shown is described and does not fail the call: the tool has run.
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
"""The API's limit of one image, in bytes of base64."""

# pydantic appends such a line to each validation error.
_DOCS_LINE = re.compile(r"^[ \t]*For further information visit https?://\S+[ \t]*\n?", re.MULTILINE)
_TRACEBACK = re.compile(r"^Traceback \(most recent call last\):$.*", re.MULTILINE | re.DOTALL)


def content_of(result: JSONObject, listed: Listed) -> list[Block]:
    """Return the content blocks of a result. Raises ToolError for an error, and for a request of input by a person."""
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
    """Return an error's text without links to documentation and tracebacks, which are of no use to the model."""
    return _TRACEBACK.sub("", _DOCS_LINE.sub("", text)).strip()


def _misfit(result: JSONObject, listed: Listed) -> str:
    """Return the first problem of the structured content; empty if it fits the output schema, or there is none."""
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
    """Return an image block, or a description if the API does not accept the data as an image."""
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
