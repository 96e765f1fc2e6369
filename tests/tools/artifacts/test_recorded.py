"""The artifacts of a call as JSON: written whole, and kept again under the same handles."""

from __future__ import annotations

import json

import pytest

from agentkit.tools.artifacts.artifact import ConversationArtifacts
from agentkit.tools.artifacts.recorded import kept_to_json, restore_kept
from agentkit.tools.artifacts.store import ArtifactLabel


@pytest.mark.parametrize("wholes", [["a,b\n1,2"], [b"\x89PNG\x00", "text", "grüezi \u2028"], []])
def test_what_a_call_kept_is_kept_again(wholes: list[str | bytes]) -> None:
    before, after = ConversationArtifacts(), ConversationArtifacts()
    for artifacts in (before, after):
        artifacts.number_calls(["other", "call"])
    before.slot_for("other").keep("of another call")
    slot = before.slot_for("call")
    for number, whole in enumerate(wholes):
        slot.keep(whole, ArtifactLabel("text/csv", f"summary {number}", f"{number}.csv"))
    restore_kept(after.store, json.loads(json.dumps(kept_to_json(slot))))
    kept = after.kept_artifacts()
    assert [one.read() for one in kept.values()] == wholes
    assert [(one.handle, one.media_type, one.summary, one.name) for one in kept.values()] == [
        (one.handle, one.media_type, one.summary, one.name)
        for handle, one in before.kept_artifacts().items()
        if handle.startswith("artifact-2")
    ]


def test_what_is_kept_already_stays() -> None:
    artifacts = ConversationArtifacts()
    slot = artifacts.slot_for("call")
    slot.keep("new")
    restore_kept(artifacts.store, [{"handle": slot.handle, "label": ["text/plain", "", ""], "text": "old"}])
    assert artifacts.kept_artifacts()[slot.handle].read() == "new"
