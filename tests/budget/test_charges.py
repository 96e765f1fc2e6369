"""Charges: nothing is lost when they are added up or taken apart."""

from __future__ import annotations

import operator
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentkit.budget.charges import Charge, merge_charges, total_cost, total_usage
from agentkit.budget.prices import PRICES, cost_of, price_of
from agentkit.budget.usage import Cost, Usage

counts = st.integers(0, 200_000)
usages = st.builds(
    Usage,
    requests=st.just(1),
    input_tokens=counts,
    output_tokens=counts,
    cache_read_tokens=counts,
    cache_write_5m_tokens=counts,
    cache_write_1h_tokens=counts,
    web_searches=st.integers(0, 3),
) | st.builds(Usage, input_tokens=counts, output_tokens=counts, aborted_requests=st.just(1))
requests = st.lists(st.tuples(st.sampled_from([*PRICES, "llama"]), usages), max_size=8)


def charge(model: str, usage: Usage) -> Charge:
    return Charge(model, price_of(model, usage), usage)


@given(requests)
def test_requests_of_a_kind_together_cost_what_they_cost_one_by_one(made: list[tuple[str, Usage]]) -> None:
    charges = [charge(model, usage) for model, usage in made]
    one_by_one = reduce(operator.add, (cost_of(model, usage) for model, usage in made), Cost())
    summed = total_cost(merge_charges(charges))
    assert total_usage(merge_charges(charges)) == reduce(operator.add, (usage for _, usage in made), Usage())
    assert (summed.usd is None) is (one_by_one.usd is None)
    assert summed.usd == pytest.approx(one_by_one.usd)
    assert summed.estimated_usd == pytest.approx(one_by_one.estimated_usd)
    kinds = [(one.model, one.price, one.is_estimated) for one in merge_charges(charges)]
    assert len(set(kinds)) == len(kinds)


@given(st.sampled_from([*PRICES]), usages)
def test_the_classes_of_a_charge_are_the_charge(model: str, usage: Usage) -> None:
    whole = charge(model, usage)
    parts = list(whole.by_class())
    assert sum(cost.usd or 0.0 for _, _, cost in parts) == pytest.approx(whole.cost.usd)
    assert sum(cost.estimated_usd for _, _, cost in parts) == pytest.approx(whole.cost.estimated_usd)
    used = reduce(operator.add, (part for _, part, _ in parts), Usage(usage.requests))
    assert used + Usage(aborted_requests=usage.aborted_requests) == usage


def test_nothing_costs_nothing_also_where_the_price_is_not_known() -> None:
    assert Charge("llama", None, Usage()).cost == Cost()
    assert Charge("llama", None, Usage(1, 5)).cost == Cost(None)
    assert merge_charges([Charge("llama", None, Usage())]) == ()


@given(requests)
def test_a_charge_is_the_same_after_it_has_crossed_the_seam(made: list[tuple[str, Usage]]) -> None:
    for model, usage in made:
        assert Charge.from_json(charge(model, usage).to_json()) == charge(model, usage)
