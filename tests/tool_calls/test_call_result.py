"""What came of a tool call: a block for the model, and JSON for a recorded step."""

from __future__ import annotations

import json

from agentkit.messages.message import JSONObject, ToolCall
from agentkit.tool_calls.call_result import CallResult


def test_it_crosses_the_seam_as_json() -> None:
    answer = CallResult([{"type": "text", "text": "tea"}], is_error=True, duration_s=0.25)
    assert CallResult.from_json(json.loads(json.dumps(answer.to_json()))) == answer


def test_it_becomes_the_result_of_its_call() -> None:
    block: JSONObject = CallResult("No.", is_error=True).to_block(ToolCall("c1", "find", {}))
    assert (block["tool_use_id"], block["content"], block["is_error"]) == ("c1", "No.", True)
