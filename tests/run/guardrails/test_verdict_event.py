"""The event of a verdict, as JSON."""

from __future__ import annotations

import json

from agentkit import Block, Cost, VerdictGiven, VerdictRecord


def test_it_is_json_with_the_name_of_the_verdict() -> None:
    record = VerdictRecord(
        guardrail="g", on="tool_call", agent="a", verdict=Block("Fraud.", {"text": b"No."}), latency_s=0.5, tool="call"
    )
    value = VerdictGiven(run_id="r", path=("a",), parent_call_id=None, record=record).to_json()
    assert json.loads(json.dumps(value)) == value
    assert value["type"] == "verdict_given"
    assert value["record"]["verdict"] == {"kind": "block", "reason": "Fraud.", "reply": {"text": "No."}, "keep": False}
    assert (value["record"]["tool"], value["record"]["cost"]["usd"]) == ("call", Cost(0.0).usd)
