"""Limits and the amounts counted against them."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentkit import Budget, DefinitionError
from agentkit.budget.budget import Amount, Need
from agentkit.budget.usage import Cost, Usage

eighths = st.integers(0, 800).map(lambda count: count / 8)  # sums of these are exact
amounts = st.builds(Amount, eighths, st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 1_000))
prices = st.integers(0, 8).map(lambda count: count / 1_024)
needs = st.builds(Need, amounts, prices, st.integers(0, 2), st.integers(0, 2))


@pytest.mark.parametrize("limit", [math.inf, math.nan, True, "1", Decimal(1), [1]])
def test_a_limit_is_a_number(limit: Any) -> None:
    with pytest.raises(DefinitionError, match=r"max_cost_usd=.*None is no limit"):
        Budget(max_cost_usd=limit)


def test_a_budget_is_written_as_it_is_made() -> None:
    assert str(Budget(max_cost_usd=0.5, max_requests=3)) == "Budget(max_cost_usd=0.5, max_requests=3)"
    assert str(Budget(max_cost_usd=0, max_input_tokens=1_234_567)) == "Budget(max_cost_usd=0, max_input_tokens=1234567)"


def test_what_is_not_limited_is_infinite() -> None:
    assert Budget(max_requests=3).to_amount() == Amount(math.inf, math.inf, math.inf, 3)


def test_a_reply_counts_with_its_whole_prompt_and_one_that_broke_off_as_a_request() -> None:
    usage = Usage(requests=1, input_tokens=1, output_tokens=2, cache_read_tokens=3, cache_write_5m_tokens=4)
    assert Amount.from_usage(usage, Cost(0.25)) == Amount(0.25, 8, 2, 1)
    assert Amount.from_usage(Usage(aborted_requests=1), Cost(None)) == Amount(requests=1)


def test_amounts_add_up_and_are_taken_from_one_another() -> None:
    one, other = Amount(1, 2, 3, 4), Amount(0.5, 1, 1, 1)
    assert one + other - other == one
    assert other.times(2) == Amount(1, 2, 2, 2)


def test_what_does_not_fit_without_a_reply_does_not_fit_at_all() -> None:
    assert Need(Amount(input_tokens=5)).max_tokens_within(Amount(math.inf, 4, math.inf, math.inf)) < 0
    assert Need(Amount(input_tokens=5)).max_tokens_within(Budget(max_input_tokens=5).to_amount()) == math.inf


@given(needs, needs, amounts, st.integers(0, 2_000), st.integers(0, 4))
def test_what_fits_into_a_share_is_granted_whole(call: Need, other: Need, free: Amount, tokens: int, runs: int) -> None:
    amount = call.amount_at(tokens, other)
    assert amount + other.fixed == (call + other).amount_at(tokens)
    if amount.fits_share_of(free, runs, beside=other.fixed):
        both = call + other
        assert both.max_tokens_within(free) >= tokens
        assert both.fair_max_tokens(free, runs) >= tokens
    elif runs < 2:
        assert (call + other).max_tokens_within(free) < tokens


def test_the_scarcest_of_all_limits_decides_how_long_a_reply_may_be() -> None:
    need = Need(Amount(cost_usd=1, input_tokens=100, requests=1), usd_per_token=0.01, output_per_token=1)
    assert need.max_tokens_within(Budget(max_cost_usd=3, max_output_tokens=500).to_amount()) == 200
    assert need.max_tokens_within(Budget(max_cost_usd=30, max_output_tokens=500).to_amount()) == 500


@given(needs, amounts, st.integers(1, 20_000))
def test_the_most_that_fits_does_fit_and_one_more_does_not(need: Need, free: Amount, wished: int) -> None:
    most = need.max_tokens_within(free)
    tokens = int(min(most, wished))

    def fits(tokens: int) -> bool:
        left = free - need.amount_at(tokens)
        return min(left.cost_usd, left.input_tokens, left.output_tokens, left.requests) >= 0

    if most < 0:
        assert not fits(0)
        return
    assert fits(tokens)
    if math.isfinite(most):
        assert not fits(math.floor(most) + 2)


@given(needs, amounts, st.integers(1, 20))
def test_as_many_as_share_find_room_for_what_is_fair(need: Need, free: Amount, runs: int) -> None:
    fair = need.fair_max_tokens(free, runs)
    if math.isfinite(fair) and fair >= 0 and need.fixed.times(runs).requests <= free.requests:
        left = free - need.amount_at(math.floor(fair)).times(runs)
        grows = {"cost_usd": need.usd_per_token, "input_tokens": need.input_per_token}
        parts = [name for name, per_token in (*grows.items(), ("output_tokens", need.output_per_token)) if per_token]
        assert all(getattr(left, name) >= -1e-6 for name in parts)
