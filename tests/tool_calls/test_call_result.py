"""What came of a tool call, and when two calls ask the same."""

from __future__ import annotations

import json

from agentkit.messages.message import JSONObject, ToolCall
from agentkit.run.steps import Slot
from agentkit.tool_calls.call_result import CallResult, EagerCall


def begun(**given: object) -> EagerCall:
    return EagerCall(ToolCall("c1", "find", given), Slot("tool:c1"))


def test_it_crosses_the_seam_as_json() -> None:
    answer = CallResult([{"type": "text", "text": "tea"}], is_error=True, duration_s=0.25)
    assert CallResult.from_json(json.loads(json.dumps(answer.to_json()))) == answer


def test_it_becomes_the_result_of_its_call() -> None:
    block: JSONObject = CallResult("No.", is_error=True).to_block(ToolCall("c1", "find", {}))
    assert (block["tool_use_id"], block["content"], block["is_error"]) == ("c1", "No.", True)


def test_calls_ask_the_same_whatever_their_ids_and_the_order_of_their_keys() -> None:
    one = begun(word="tea", count=1)
    assert one.is_same_call(ToolCall("c2", "find", {"count": 1, "word": "tea"}))
    assert one.is_same_call(one.call)
    assert not one.is_same_call(ToolCall("c1", "find", {"word": "tea", "count": 2}))
    assert not one.is_same_call(ToolCall("c1", "look", {"word": "tea", "count": 1}))


def test_a_true_is_not_a_one() -> None:
    assert not begun(count=1).is_same_call(ToolCall("c2", "find", {"count": True}))
