"""The events of tools that the API executes itself, read from the blocks of the model's turn.

Two rules for this file: whatever a server puts into a block, reading it does not fail; and a call has one event for its
start and one for its end, while the reply is streamed or when the turn is replayed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

from agentkit.messages.message import Content, text_of
from agentkit.run.events import ServerToolFinished, ServerToolStarted, WebSource
from agentkit.schema.json_schema.subschemas import is_object

if TYPE_CHECKING:
    from agentkit.messages.message import Block, JSONObject
    from agentkit.run.scope import RunScope

_RESULT_SUFFIX = "_tool_result"
_TEXT_FIELDS = ("stdout", "stderr", "text", "error_code", "error_message")
"""Fields of a result that say in text what came of the call."""


def emit_server_tool(scope: RunScope, block: Block, reported: dict[str, str]) -> None:
    """Emit the event of a block, without waiting, if it is a call of the API's own tools or its result.

    Args:
        scope: The run.
        block: A complete block of the model's turn.
        reported: The names of the tools by call id, and the ids of results, of the events so far. Those of this block
            are added; an event that was emitted before is not emitted again.
    """
    kind, is_call = str(block.get("type")), block.get("type") in ("server_tool_use", "mcp_tool_use")
    if not is_call and not (kind.endswith(_RESULT_SUFFIX) and kind != "tool_result"):
        return
    call_id = str(block.get("id") if is_call else block.get("tool_use_id"))
    key = call_id if is_call else f"{call_id}{_RESULT_SUFFIX}"
    if key in reported:
        return
    name = str(block.get("name")) if is_call else reported.get(call_id, kind.removesuffix(_RESULT_SUFFIX))
    reported[key] = name
    given: object = block.get("input")
    if is_call:
        arguments = given if is_object(given) else {}
        scope.emit_soon(lambda origin: ServerToolStarted(**origin, call_id=call_id, name=name, input=arguments))
    else:
        scope.emit_soon(
            lambda origin: ServerToolFinished(
                **origin,
                call_id=call_id,
                name=name,
                is_error=_is_error(block),
                text=_result_text(block.get("content")),
                sources=tuple(_sources(block.get("content"))),
                tools=tuple(_tools(block.get("content"))),
            )
        )


def _is_error(block: Block) -> bool:
    content: object = block.get("content")
    if not is_object(content):
        return bool(block.get("is_error"))
    return str(content.get("type")).endswith("_error") or content.get("return_code") not in (None, 0)


def _result_text(content: object) -> str:
    if is_object(content):
        said = (content.get(name) for name in _TEXT_FIELDS)
        return "".join(text for text in said if isinstance(text, str))
    blocks = [block for block in _objects(content) if isinstance(block.get("text"), str)]
    return text_of(cast("Content", blocks)) if blocks else ""


def _sources(content: object) -> Iterator[WebSource]:
    for page in [content] if is_object(content) else _objects(content):
        if isinstance(url := page.get("url"), str):
            document: object = page.get("content")
            title: object = page.get("title") or (document.get("title") if is_object(document) else None)
            yield WebSource(url, title if isinstance(title, str) else "")


def _tools(content: object) -> Iterator[str]:
    found: object = content.get("tool_references") if is_object(content) else None
    yield from (str(reference.get("tool_name")) for reference in _objects(found))


def _objects(value: object) -> list[JSONObject]:
    return [part for part in cast("list[object]", value) if is_object(part)] if isinstance(value, list) else []
