"""Tokens and money: worked out per request, unknown rather than wrong."""

from __future__ import annotations

import pytest

from agentkit.budget.usage import Cost, Usage, cost_of

MILLION = 1_000_000


def test_the_apis_record_is_read_with_both_cache_lifetimes() -> None:
    reported = {
        "input_tokens": 3,
        "output_tokens": 5,
        "cache_read_input_tokens": 7,
        "cache_creation_input_tokens": 11,
        "cache_creation": {"ephemeral_5m_input_tokens": 9, "ephemeral_1h_input_tokens": 2},
    }
    usage = Usage.of(reported)
    assert usage == Usage(1, 3, 5, 7, 9, 2)
    assert usage.prompt_tokens == 21


@pytest.mark.parametrize("reported", [{}, {"input_tokens": None, "cache_creation": None}, {"input_tokens": "many"}])
def test_counters_that_a_server_lacks_are_zero(reported: dict[str, object]) -> None:
    assert Usage.of(reported) == Usage(requests=1)


def test_usage_adds_up() -> None:
    assert Usage(1, 2, 3, 4, 5, 6) + Usage(1, 1, 1, 1, 1, 1) == Usage(2, 3, 4, 5, 6, 7)


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


def test_a_model_without_a_price_makes_every_sum_unknown() -> None:
    assert cost_of("llama", Usage(1, 5, 5)) == Cost(None)
    assert Cost(1.5) + Cost(None) == Cost(None)
    assert str(Cost(None)) == "unknown"
    assert str(Cost(0.25) + Cost(0.5)) == "$0.7500"
