"""The shape of a complete reply: the types that the rest of the package relies on, checked once.

A reply passes if every field that is read later has the type that the API gives it, and all of it can be sent back.
Blocks of unknown types and unknown fields pass as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from agentkit.messages.message import encode

if TYPE_CHECKING:
    from agentkit.messages.message import AssistantTurn, JSONObject

_TEXT_OR_NONE = (str, type(None))
_MESSAGE_TYPES: Mapping[str, tuple[type, ...]] = {"id": _TEXT_OR_NONE, "model": _TEXT_OR_NONE}
_END_TYPES: Mapping[str, tuple[type, ...]] = {
    "stop_reason": _TEXT_OR_NONE,
    "stop_sequence": _TEXT_OR_NONE,
    "stop_details": (dict, type(None)),
}
_OPTIONAL_TYPES: Mapping[str, tuple[type, ...]] = {
    "signature": _TEXT_OR_NONE,
    "citations": (list, type(None)),
    "toolset_name": _TEXT_OR_NONE,
}
_CALL_TYPES: Mapping[str, tuple[type, ...]] = {**_OPTIONAL_TYPES, "id": (str,), "name": (str,), "input": (dict,)}
_BLOCK_TYPES: Mapping[str, Mapping[str, tuple[type, ...]]] = {
    "text": {**_OPTIONAL_TYPES, "text": (str,)},
    "thinking": {**_OPTIONAL_TYPES, "thinking": (str,)},
    "tool_use": _CALL_TYPES,
    "server_tool_use": _CALL_TYPES,
    "mcp_tool_use": _CALL_TYPES,
}


def find_block_fault(block: object) -> str | None:
    """Return the fault of one content block, complete or just started. None: it has the API's shape."""
    if not isinstance(block, dict):
        return f"a content block is {block!r:.100}"
    known: JSONObject = block  # pyright: ignore[reportUnknownVariableType]
    kind = known.get("type")
    if not isinstance(kind, str):
        return f"the type of a content block is {kind!r:.100}"
    for name, types in _BLOCK_TYPES.get(kind, _OPTIONAL_TYPES).items():
        if not isinstance(known.get(name), types):
            return f"a {kind} block has the `{name}` {known.get(name)!r:.100}"
    return None


def find_reply_fault(message: JSONObject, end: JSONObject, turn: AssistantTurn) -> str | None:
    """Return the fault of a complete reply. None: it has the API's shape and can be sent back.

    Args:
        message: The message of its first event.
        end: The fields of its `message_delta` events.
        turn: The turn that it comes to, with its complete content blocks.
    """
    if "stop_reason" not in end:
        return "it does not say why it ended: there was no `message_delta` with a `stop_reason`"
    for record, record_types in ((message, _MESSAGE_TYPES), (end, _END_TYPES)):
        for name, types in record_types.items():
            if not isinstance(record.get(name), types):
                return f"it has the `{name}` {record[name]!r:.100}"
    for block in turn.content:
        if fault := find_block_fault(block):
            return fault
    try:
        sent_back = turn.to_message()
        if sent_back is None or len(sent_back.content) < len(turn.content):
            encode(turn.content)
    except (ValueError, TypeError, RecursionError) as error:  # NaN, half of a surrogate pair, endless depth
        return f"it holds what JSON does not have: {error}"
    return None
