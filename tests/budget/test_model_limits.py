"""What each model can do."""

from __future__ import annotations

import pytest

from agentkit.budget.model_limits import MODEL_LIMITS, ModelLimits, model_limits_of, without_date
from agentkit.budget.prices import PRICES


@pytest.mark.parametrize("model", MODEL_LIMITS)
def test_a_model_is_known_with_and_without_a_date(model: str) -> None:
    assert model_limits_of(model) is model_limits_of(f"{model}-20251001") is MODEL_LIMITS[model]
    assert without_date(f"{model}-20251001") == without_date(model) == model


@pytest.mark.parametrize("model", ["", "llama", "claude-haiku-4-5-2025", "claude-opus-5-5 ", "claude-opus"])
def test_of_other_models_nothing_is_known(model: str) -> None:
    assert model_limits_of(model) is None


def test_the_small_ones_are_small() -> None:
    assert model_limits_of("claude-haiku-4-5") == ModelLimits(64_000, 200_000, min_cacheable_tokens=4_096)
    assert model_limits_of("claude-haiku-5-5") == ModelLimits(max_output_tokens=128_000, context_tokens=1_000_000)


def test_whatever_has_a_price_has_limits() -> None:
    assert set(MODEL_LIMITS) == set(PRICES)
