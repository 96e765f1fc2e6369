"""Tokens and money: read from the API's record, added up, unknown rather than wrong."""

from __future__ import annotations

import math

import pytest

from agentkit.budget.usage import Cost, Usage, usd_text


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


NO_COUNTS = ("many", -1, 1.5, math.nan, math.inf, 10**400, True, None, [1], {"a": 1})


@pytest.mark.parametrize("reported", [None, "none", 5, [("input_tokens", 5)], {}])
def test_a_record_of_another_shape_is_empty(reported: object) -> None:
    assert Usage.from_api(reported) == Usage(requests=1)


@pytest.mark.parametrize("value", NO_COUNTS)
def test_what_is_no_count_is_zero(value: object) -> None:
    names = ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
    inner = {"ephemeral_1h_input_tokens": value, "web_search_requests": value}
    for nested in (inner, value):
        reported = {**dict.fromkeys(names, value), "cache_creation": nested, "server_tool_use": nested}
        assert Usage.from_api(reported) == Usage(requests=1)
    assert Usage.from_api({"input_tokens": 3.0, "output_tokens": value}) == Usage(1, input_tokens=3)


def test_more_written_for_an_hour_than_at_all_takes_nothing_away() -> None:
    reported = {"cache_creation": {"ephemeral_5m_input_tokens": 9, "ephemeral_1h_input_tokens": 2}}
    assert Usage.from_api(reported) == Usage(1, cache_write_5m_tokens=9, cache_write_1h_tokens=2)


def test_usage_adds_up() -> None:
    assert Usage(1, 2, 3, 4, 5, 6) + Usage(1, 1, 1, 1, 1, 1) == Usage(2, 3, 4, 5, 6, 7)


def test_an_unknown_cost_makes_every_sum_unknown() -> None:
    assert Cost(1.5) + Cost(None) == Cost(None)
    assert str(Cost(None)) == "unknown"
    assert str(Cost(0.25) + Cost(0.5)) == "$0.7500"


@pytest.mark.parametrize(
    ("usd", "text"),
    [
        (0.0, "$0.0000"),
        (1234.5, "$1,234.5000"),
        (0.0439, "$0.0439"),
        (0.0012, "$0.0012"),
        (0.00019, "$0.00019"),
        (0.00002, "$0.00002"),
        (0.0000058, "$0.0000058"),
        (-0.00002, "-$0.00002"),
        (float("inf"), "$inf"),
    ],
)
def test_of_a_small_cost_two_digits_are_seen(usd: float, text: str) -> None:
    assert str(Cost(usd)) == usd_text(usd) == text
