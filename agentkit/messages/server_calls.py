"""Calls of tools that the API executes itself, and what stands in for the results that it has not given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from agentkit.messages.code_calls import open_code_calls
from agentkit.messages.message import text_block

if TYPE_CHECKING:
    from agentkit.messages.message import Block, Message

_NO_RESULT = "There is no result: the call was given up."


def results_for_open_calls(turn: Sequence[Block]) -> list[Block]:
    """Return an error result for each call in a turn that the API has not finished. Empty: all are finished.

    The API refuses a conversation that goes on without them, and takes no other result from a client.
    """
    answered = {block.get("tool_use_id") for block in turn}
    started = [
        (str(block.get("id")), str(block.get("name")), block["type"])
        for block in turn
        if block.get("type") in ("server_tool_use", "mcp_tool_use") and block.get("id") not in answered
    ]
    known = {call_id for call_id, _, _ in started}
    # Code that was started in an earlier turn and calls tools in this one.
    started += [(i, "code_execution", "server_tool_use") for i in open_code_calls(turn) if i not in known]
    return [_error_result(call_id, name, is_mcp=kind == "mcp_tool_use") for call_id, name, kind in started]


def last_turn(messages: Sequence[Message]) -> list[Block]:
    """Return the blocks of the last turn of the model, which may be several messages. Empty: it had none."""
    blocks: list[Block] = []
    for message in reversed(messages):
        if message.role == "assistant":
            content = [text_block(message.content)] if isinstance(message.content, str) else message.content
            blocks = [*content, *blocks]
        elif blocks:
            break
    return blocks


def _error_result(call_id: str, name: str, *, is_mcp: bool) -> Block:
    if is_mcp:
        content = [text_block(_NO_RESULT)]
        return {"type": "mcp_tool_result", "tool_use_id": call_id, "is_error": True, "content": content}
    kind = "tool_search_tool_result" if name.startswith("tool_search_tool") else f"{name}_tool_result"
    return {
        "type": kind, "tool_use_id": call_id, "content": {"type": f"{kind}_error", "error_code": "unavailable"}
    }  # fmt: skip
