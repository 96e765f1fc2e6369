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

from agentkit.errors import InvalidContent, ToolError
from agentkit.log import log
from agentkit.messages.content import Image
from agentkit.messages.media_files import MAX_IMAGE_BYTES
from agentkit.messages.message import Block, JSONObject, text_block
from agentkit.schema.validation.problems import find_problems

if TYPE_CHECKING:
    from agentkit.mcp.annotations import ListedTool

# pydantic appends such a line to each validation error.
_DOCS_LINE = re.compile(r"^[ \t]*For further information visit https?://\S+[ \t]*\n?", re.MULTILINE)
_TRACEBACK = re.compile(r"^Traceback \(most recent call last\):$.*", re.MULTILINE | re.DOTALL)


def tool_result_content(result: JSONObject, listed: ListedTool) -> list[Block]:
    """Return the content blocks of a result. Raises ToolError for an error, and for a request of input by a person."""
    tool = listed.name
    if result.get("resultType") == "input_required":
        raise ToolError(f"`{tool}` asks a person a question before it goes on, which is not possible here.")
    blocks = [_content_block(part) for part in cast("list[JSONObject]", result.get("content") or [])]
    if result.get("isError"):
        text = "\n".join(str(block["text"]) for block in blocks if block["type"] == "text")
        raise ToolError(readable_error_text(text) or f"`{tool}` failed and did not say why.")
    misfit = _structured_content_problem(result, listed)
    if misfit:
        log().warning("a result does not fit the schema that its server gives", tool=tool, problem=misfit)
    if blocks or "structuredContent" not in result:
        return blocks
    if misfit:
        raise ToolError(f"`{tool}` ran, but its result is not what its server promises: {misfit}")
    return [text_block(json.dumps(result["structuredContent"], ensure_ascii=False, separators=(",", ":")))]


def readable_error_text(text: str) -> str:
    """Return an error's text without links to documentation and tracebacks, which are of no use to the model."""
    return _TRACEBACK.sub("", _DOCS_LINE.sub("", text)).strip()


def _structured_content_problem(result: JSONObject, listed: ListedTool) -> str:
    """Return the first problem of the structured content; empty if it fits the output schema, or there is none."""
    if listed.output_schema is None:
        return ""
    if "structuredContent" not in result:
        return "it has no structured content"
    problems = find_problems(result["structuredContent"], dict(listed.output_schema))
    return str(problems[0]) if problems else ""


def _content_block(part: JSONObject) -> Block:
    describe = _CONTENT_CONVERTERS.get(str(part.get("type")))
    return describe(part) if describe else text_block(f"[content of the unknown type {part.get('type')!r}]")


def _text_content(part: JSONObject) -> Block:
    return text_block(str(part["text"]))


def _image_content(part: JSONObject) -> Block:
    return _image_or_description(str(part.get("mimeType")), str(part.get("data", "")), "")


def _audio_content(part: JSONObject) -> Block:
    return text_block(
        f"[audio, {part.get('mimeType')}, {_size_text(str(part.get('data', '')))}; it cannot be played here]"
    )


def _resource_link_content(part: JSONObject) -> Block:
    facts = [part.get("title") or part.get("name"), part.get("mimeType"), part.get("description")]
    about = ", ".join(str(fact) for fact in facts if fact)
    return text_block(f"[resource link {part.get('uri')}: {about}]" if about else f"[resource link {part.get('uri')}]")


def _resource_content(part: JSONObject) -> Block:
    resource: JSONObject = part.get("resource") or {}
    uri = str(resource.get("uri"))
    if "text" in resource:
        return text_block(f"[resource {uri}]\n{resource['text']}")
    return _image_or_description(str(resource.get("mimeType")), str(resource.get("blob", "")), uri)


def _image_or_description(media_type: str, data: str, uri: str) -> Block:
    """Return an image block, or a description if the API does not accept the data as an image."""
    try:
        if len(data) <= MAX_IMAGE_BYTES:
            return Image.of(base64.b64decode(data, validate=True)).to_block()
    except (InvalidContent, binascii.Error):
        pass
    what = f"resource {uri}, {media_type}" if uri else media_type
    return text_block(f"[{what}, {_size_text(data)}; it cannot be shown here]")


def _size_text(data: str) -> str:
    return f"{len(data) * 3 // 4:,} bytes"


_CONTENT_CONVERTERS: Mapping[str, Callable[[JSONObject], Block]] = {
    "text": _text_content,
    "image": _image_content,
    "audio": _audio_content,
    "resource_link": _resource_link_content,
    "resource": _resource_content,
}
