"""Code that the API runs and that calls tools of the client: such code waits in its container for their results.

A turn that ends while code waits must be answered with the results alone, and with the container's id.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from agentkit.messages.message import Block, JSONObject

_CODE_TOOLS = frozenset(("code_execution", "bash_code_execution", "text_editor_code_execution"))
"""The names with which the API's code execution is called."""


def is_called_by_code(block: Block) -> bool:
    """True if a `tool_use` block was made by code that the API runs, and not by the model itself."""
    return block.get("type") == "tool_use" and _calling_code(block) is not None


def open_code_calls(turn: Sequence[Block]) -> tuple[str, ...]:
    """Return the ids of the code executions that wait when this turn ends, in their order. Empty: none waits.

    Those are the executions whose code has called a tool, and those without a result beside a call of a tool.
    """
    answered = {block.get("tool_use_id") for block in turn}
    started = [
        str(block.get("id"))
        for block in turn
        if block.get("type") == "server_tool_use" and block.get("name") in _CODE_TOOLS
    ]
    calling = [caller for block in turn if block.get("type") == "tool_use" and (caller := _calling_code(block))]
    has_call = any(block.get("type") == "tool_use" for block in turn)
    waiting = [*(started if has_call else ()), *calling]
    return tuple(dict.fromkeys(code_id for code_id in waiting if code_id not in answered))


def _calling_code(block: Block) -> str | None:
    """Return the id of the code execution that made a call. None: the model made it itself."""
    caller: object = block.get("caller")
    if not isinstance(caller, dict):
        return None
    given = cast("JSONObject", caller)
    return str(given.get("tool_id")) if given.get("type") not in (None, "direct") else None
