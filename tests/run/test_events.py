"""Events are values that can be sent anywhere."""

from __future__ import annotations

import copy
import json
import pickle
from dataclasses import replace

import pytest

from agentkit import Cost, Outcome, RunFinished, ToolFinished, ToolStarted, Usage


class Unpicklable(Exception):
    def __init__(self, one: int, two: int) -> None:
        super().__init__(one)
        self.callback = lambda: two


def test_an_event_is_json_with_the_name_of_its_kind() -> None:
    event = ToolStarted(
        run_id="r", path=("a", "b"), parent_call_id="t1", call_id="t2", name="find", input={"w": 1}, is_agent=False
    )
    assert json.loads(json.dumps(event.to_json())) == {
        "type": "tool_started",
        "run_id": "r",
        "path": ["a", "b"],
        "parent_call_id": "t1",
        "is_replayed": False,
        "call_id": "t2",
        "name": "find",
        "input": {"w": 1},
        "is_agent": False,
    }


@pytest.mark.parametrize("exception", [KeyError("tea"), Unpicklable(1, 2)])
def test_an_exception_is_for_listeners_in_this_process_only(exception: Exception) -> None:
    plain = ToolFinished(
        run_id="r", path=("a",), parent_call_id=None, call_id="c", name="n", is_error=True, text="t", duration_s=0.5
    )
    event = replace(plain, exception=exception)
    assert event.exception is exception
    assert (event, hash(event), repr(event)) == (plain, hash(plain), repr(plain))
    assert event.to_json() == plain.to_json()
    assert "exception" not in event.to_json()
    for again in (pickle.loads(pickle.dumps(event)), copy.copy(event), copy.deepcopy(event)):
        assert again == plain
        assert again.exception is None


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
