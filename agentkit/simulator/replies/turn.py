"""A reply rendered for one request: its blocks, and what the API says of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self, cast

from agentkit.messages.code_calls import is_called_by_code
from agentkit.schema.json_schema.subschemas import is_object

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agentkit.messages.message import Block, JSONObject

_EXPIRES_AT = "2099-12-31T23:59:59Z"  # a fixed time: the same script gives the same replies, whenever it is played


@dataclass(frozen=True, slots=True)
class Turn:
    """A reply rendered for one request."""

    content: list[Block]
    input_texts: dict[int, str]
    """Raw texts of tool inputs, by the index of their block; they are sent instead of the block's `input`."""
    stop_reason: str
    stop_details: JSONObject | None = None
    usage: JSONObject | None = None
    """Counters that replace those that the server computes. None: no replacement."""
    stop_sequence: str | None = None
    container: JSONObject | None = None
    """The container in which code ran. None: no code ran."""
    applied_edits: Sequence[JSONObject] | None = None
    """The edits that were applied to the prompt. None: the request has no `context_management`."""

    def for_request(self, request: JSONObject) -> Self:
        """Return the turn as the API would have it for this request: cut at the first of its stop sequences."""
        for index, block in enumerate(self.content):
            text = str(block.get("text", "")) if block.get("type") == "text" else ""
            met = [(at, one) for one in request.get("stop_sequences") or () if (at := text.find(one)) >= 0]
            if not met:
                continue
            at, sequence = min(met)
            kept = [*self.content[:index], *([{**block, "text": text[:at]}] if at else [])]
            texts = {i: given for i, given in self.input_texts.items() if i < index}
            return replace(self, content=kept, input_texts=texts, stop_reason="stop_sequence", stop_sequence=sequence)
        return self

    def with_code_execution(self, request: JSONObject, seed: str) -> Self:
        """Return the turn with a container where code ran, and the caller of each call where code may call tools.

        The container is that of the request, if it has one; otherwise `seed` becomes a part of its id.
        """
        container = self.container
        if container is None and any(map(_is_of_code, self.content)):
            container = {"id": _requested_container(request) or f"container_{seed}"}
        if container is not None:
            container = {"expires_at": _EXPIRES_AT, **container}
        tools: list[JSONObject] = request.get("tools") or []
        if any(str(tool.get("type")).startswith("code_execution_") for tool in tools):
            content = [_with_caller(block) for block in self.content]
        else:
            content = self.content
        return replace(self, content=content, container=container)


def _with_caller(block: Block) -> Block:
    return {**block, "caller": block.get("caller", {"type": "direct"})} if block.get("type") == "tool_use" else block


def _is_of_code(block: Block) -> bool:
    """True for code that runs, its result, and a call that it makes."""
    kind = str(block.get("type"))
    is_run = kind == "server_tool_use" and str(block.get("name")).endswith("code_execution")
    return is_run or kind.endswith("code_execution_tool_result") or is_called_by_code(block)


def _requested_container(request: JSONObject) -> str | None:
    container: object = request.get("container")
    return cast("str | None", container.get("id") if is_object(container) else container)
