"""The models that the server knows."""

from __future__ import annotations

import pytest

from agentkit.simulator.models import MODELS, facts_of


@pytest.mark.parametrize("name", MODELS)
def test_a_model_is_known_with_and_without_a_date(name: str) -> None:
    assert facts_of(name) is facts_of(f"{name}-20251001") is MODELS[name]


@pytest.mark.parametrize("name", ["", "claude", "claude-haiku-4-5-2025", "gpt-5", "claude-opus-5-5 "])
def test_other_models_are_not(name: str) -> None:
    assert facts_of(name) is None


def test_thinking_is_bound_where_the_api_binds_it() -> None:
    bound = {name for name, facts in MODELS.items() if facts.binds_thinking}
    assert bound == {
        "claude-fable-5-1",
        "claude-fable-5-2",
        "claude-mythos-5-1",
        "claude-mythos-5-2",
        "claude-opus-5-5",
        "claude-sonnet-5-5",
        "claude-haiku-5-5",
    }
