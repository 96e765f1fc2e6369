"""The price of a request: by the length of its prompt, and unknown rather than wrong."""

from __future__ import annotations

import pytest

from agentkit.budget.prices import cost_of
from agentkit.budget.usage import Cost, Usage

MILLION = 1_000_000


@pytest.mark.parametrize(
    ("model", "usage", "usd"),
    [
        ("claude-opus-5-5", Usage(1, input_tokens=MILLION), 4),
        ("claude-opus-5-5", Usage(1, output_tokens=MILLION), 20),
        ("claude-opus-5-5", Usage(1, cache_read_tokens=MILLION), 0.4),
        ("claude-opus-5-5", Usage(1, cache_write_5m_tokens=MILLION), 5),
        ("claude-opus-5-5", Usage(1, cache_write_1h_tokens=MILLION), 8),
        ("claude-haiku-5-5", Usage(1, input_tokens=100_000, output_tokens=MILLION), 0.01 + 0.5),
        ("claude-haiku-5-5", Usage(1, input_tokens=100_001), 0.500005 * 0.1),
        ("claude-haiku-5-5", Usage(1, cache_read_tokens=MILLION), 0.05),
        ("claude-haiku-4-5-20251001", Usage(1, input_tokens=MILLION), 1),
    ],
)
def test_the_price_follows_the_length_of_the_prompt_and_the_cache(model: str, usage: Usage, usd: float) -> None:
    assert cost_of(model, usage).usd == pytest.approx(usd)


def test_a_model_without_a_price_has_an_unknown_cost() -> None:
    assert cost_of("llama", Usage(1, 5, 5)) == Cost(None)
