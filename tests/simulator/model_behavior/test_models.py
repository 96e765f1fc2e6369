"""The models that the server knows."""

from __future__ import annotations

import anthropic
import pytest

from agentkit.simulator import Script, Simulator
from agentkit.simulator.model_behavior.models import MODELS, find_model_facts


@pytest.mark.parametrize("name", MODELS)
def test_a_model_is_known_with_and_without_a_date(name: str) -> None:
    assert find_model_facts(name) is find_model_facts(f"{name}-20251001") is MODELS[name]


@pytest.mark.parametrize("name", ["", "claude", "claude-haiku-4-5-2025", "gpt-5", "claude-opus-5-5 "])
def test_other_models_are_not(name: str) -> None:
    assert find_model_facts(name) is None


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


@pytest.mark.anyio
async def test_the_sdk_lists_models_and_reads_what_they_can() -> None:
    client = Simulator(Script()).client()
    listed = {model.id: model async for model in client.models.list(limit=5)}
    assert list(listed) == list(MODELS)
    haiku = await client.models.retrieve("claude-haiku-4-5-20251001")
    assert (haiku.display_name, haiku.line, haiku.lifecycle) == ("Claude Haiku 4.5", "haiku", "active")
    assert (haiku.max_input_tokens, haiku.max_tokens) == (200_000, 64_000)
    assert haiku.capabilities is not None
    assert not haiku.capabilities.effort.supported
    assert haiku.capabilities.thinking.types.enabled.supported
    assert not listed["claude-opus-5-5"].capabilities.thinking.types.disabled.supported  # type: ignore[union-attr]
    with pytest.raises(anthropic.NotFoundError, match="model: claude-9"):
        await client.models.retrieve("claude-9")
