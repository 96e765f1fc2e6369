"""Tokens and money: read from the API's record, added up, unknown rather than wrong."""

from __future__ import annotations

import pytest

from agentkit.budget.usage import Cost, Usage


def test_the_apis_record_is_read_with_both_cache_lifetimes() -> None:
    reported = {
        "input_tokens": 3,
        "output_tokens": 5,
        "cache_read_input_tokens": 7,
        "cache_creation_input_tokens": 11,
        "cache_creation": {"ephemeral_5m_input_tokens": 9, "ephemeral_1h_input_tokens": 2},
    }
    usage = Usage.from_api(reported)
    assert usage == Usage(1, 3, 5, 7, 9, 2)
    assert usage.prompt_tokens == 21


@pytest.mark.parametrize("reported", [{}, {"input_tokens": None, "cache_creation": None}, {"input_tokens": "many"}])
def test_counters_that_a_server_lacks_are_zero(reported: dict[str, object]) -> None:
    assert Usage.from_api(reported) == Usage(requests=1)


def test_usage_adds_up() -> None:
    assert Usage(1, 2, 3, 4, 5, 6) + Usage(1, 1, 1, 1, 1, 1) == Usage(2, 3, 4, 5, 6, 7)


def test_an_unknown_cost_makes_every_sum_unknown() -> None:
    assert Cost(1.5) + Cost(None) == Cost(None)
    assert str(Cost(None)) == "unknown"
    assert str(Cost(0.25) + Cost(0.5)) == "$0.7500"
