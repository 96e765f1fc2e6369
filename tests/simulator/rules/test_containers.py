"""Answers to code that waits; the bodies are in the table of `test_validation.py`."""

from __future__ import annotations

from agentkit.simulator.rules import Edition, refuse
from tests.simulator.bodies import body
from tests.simulator.bodies_by_code import NO_CONTAINER, TOOLS, WAITS


def test_the_rule_holds_under_the_older_version_too() -> None:
    older = Edition("2023-06-01", frozenset())
    given = body(*WAITS, tools=TOOLS, model="claude-sonnet-4-5")
    refusal = refuse(given, older)
    assert refusal is not None
    assert refusal.message == NO_CONTAINER
    assert refuse({**given, "container": "c1"}, older) is None
