"""Events are values that can be sent anywhere."""

from __future__ import annotations

import json

from agentkit import Cost, Outcome, RunFinished, ToolStarted, Usage


def test_an_event_is_json_with_the_name_of_its_kind() -> None:
    event = ToolStarted(
        run_id="r", path=("a", "b"), parent_call_id="t1", call_id="t2", name="find", input={"w": 1}, is_agent=False
    )
    assert json.loads(json.dumps(event.to_json())) == {
        "type": "tool_started",
        "run_id": "r",
        "path": ["a", "b"],
        "parent_call_id": "t1",
        "call_id": "t2",
        "name": "find",
        "input": {"w": 1},
        "is_agent": False,
    }


def test_nested_values_are_json_too() -> None:
    event = RunFinished(
        run_id="r",
        path=("a",),
        parent_call_id=None,
        outcome=Outcome.COMPLETED,
        reason="",
        usage=Usage(1, 2, 3),
        cost=Cost(0.5),
    )
    plain = json.loads(json.dumps(event.to_json()))
    assert (plain["outcome"], plain["cost"], plain["usage"]["input_tokens"]) == (
        "completed",
        {"usd": 0.5, "estimated_usd": 0.0},
        2,
    )
