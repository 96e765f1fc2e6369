"""Values of tools are shown on one line."""

from __future__ import annotations

from agentkit.cli.terminal.text import brief_json


def test_arguments_are_shown_in_a_glance() -> None:
    assert brief_json({"item": "tea", "note": "", "lines": [1]}, 80) == "item=tea lines=[1]"
    assert brief_json([1, 2], 80) == "[1, 2]"
