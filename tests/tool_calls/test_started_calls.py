"""The calls that began early, as their model call names them."""

from __future__ import annotations

import json
from dataclasses import replace

from agentkit.messages.message import ToolCall
from agentkit.messages.strict_json import parse_strict
from agentkit.tool_calls.started_calls import started_from_json, started_to_json


def test_calls_come_back_and_those_of_the_reply_are_told_by_their_position() -> None:
    kept, renamed = ToolCall("toolu_0", "look", {"word": "tea"}), ToolCall("call_1", "look", {"word": "milk"})
    given = parse_strict('{"price": 0.1000000000000000000000001, "name": "T\\u00fcr"}')
    assert isinstance(given, dict)
    dropped = ToolCall("toolu_a", "read", given, toolset_name="files", block_id="a")
    other_input = replace(kept, input={"word": "coffee"})
    began = [(1, kept), (2, replace(renamed, id="call_1@3", block_id="call_1")), (1, dropped), (1, other_input)]
    recorded = json.loads(json.dumps(started_to_json(began, [kept, renamed])))
    assert recorded[:2] == [1, 2]
    assert [*started_from_json(recorded, [kept, renamed])] == [(1, kept), (2, renamed), *began[2:]]
    assert [call.key for _, call in started_from_json(recorded, [kept, renamed])][2] == dropped.key
    assert [*started_from_json(json.loads(json.dumps(started_to_json(began, ()))), ())] == began
