"""The shape of a complete reply: what is relied on later is checked, what is not known passes."""

from __future__ import annotations

import pytest

from agentkit.messages.message import AssistantTurn, Block
from agentkit.models.reply_shape import find_block_fault, find_reply_fault

END = {"stop_reason": None}


@pytest.mark.parametrize(
    "block",
    [
        {"type": "text", "text": ""},
        {"type": "text", "text": "x", "citations": None},
        {"type": "hologram", "text": 5, "input": None},
        {"type": "server_tool_use", "id": "a", "name": "b", "input": {}, "caller": {"type": "direct"}},
        {"type": "redacted_thinking", "data": "x"},
    ],
)
def test_blocks_of_the_api_and_unknown_ones_pass(block: Block) -> None:
    assert find_block_fault(block) is None
    assert find_reply_fault({"id": "m", "model": None}, END, AssistantTurn([block], None, {})) is None


def test_a_fault_is_named_with_its_field_and_value() -> None:
    assert find_block_fault({"type": "text", "text": None}) == "a text block has the `text` None"
    assert find_reply_fault({"model": ["x"]}, END, AssistantTurn([], None, {})) == "it has the `model` ['x']"
    fault = find_reply_fault({}, END, AssistantTurn([{"type": "hologram", "score": float("nan")}], None, {}))
    assert fault is not None
    assert fault.startswith("it holds what JSON does not have")
    assert find_reply_fault({}, {}, AssistantTurn([], None, {})) is not None
