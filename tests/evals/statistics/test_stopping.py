"""Tries that end early keep the coverage of their interval, and give an estimate without bias."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from agentkit.evals.statistics import StoppingRule, clopper_pearson
from benchmarks.coverage import endings, odds

RATES = [rate / 40 for rate in range(41)] + [0.001, 0.01, 0.99, 0.999]


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.floats(0.5, 0.999))
def test_the_exact_interval_is_that_of_statsmodels(counts: tuple[int, int], level: float) -> None:
    reference = proportion_confint(*counts, 1 - level, "beta")
    assert clopper_pearson(*counts, level) == pytest.approx(tuple(map(float, reference)), abs=1e-6)


@pytest.mark.parametrize(
    "rule",
    [StoppingRule(0.4), StoppingRule(0.3, 0.9), StoppingRule(0.5, 0.99), StoppingRule(0.25, batch=8)],
    ids=str,
)
def test_its_interval_covers_at_its_level_for_every_pass_rate(rule: StoppingRule) -> None:
    ends = [(got, n, chance, rule.interval(got, n), rule.estimate(got, n)) for got, n, chance in endings(rule)]
    for rate in RATES:
        chances = [chance * odds(got, n, rate) for got, n, chance, _, _ in ends]
        assert sum(chances) == pytest.approx(1)
        held = [chance for chance, (_, _, _, (low, high), _) in zip(chances, ends, strict=True) if low <= rate <= high]
        assert sum(held) >= rule.level
        assert sum(chance * end[-1] for chance, end in zip(chances, ends, strict=True)) == pytest.approx(rate)


def test_a_narrow_interval_ends_the_tries_between_batches() -> None:
    rule = StoppingRule(0.4, batch=4)
    assert [n for n in range(20) if rule.is_done(n, n)] == [8, 12, 16]
    assert [n for n in range(20) if rule.is_done(0, n)] == [8, 12, 16]
    most = rule.most_tries()
    assert rule.is_done(most // 2, most)
    assert not rule.is_done(most // 2 - 2, most - 4)
    assert StoppingRule(0.1).most_tries() == 462
    assert StoppingRule(0.1, batch=50).most_tries() == 500


@pytest.mark.parametrize("rule", [StoppingRule(0.2), StoppingRule(0.35, 0.8)], ids=str)
def test_the_results_that_are_enough_are_those_of_the_interval(rule: StoppingRule) -> None:
    for n in (1, 10, 30, 45, 60):
        widths = [high - low for low, high in (rule.interval(got, n) for got in range(n + 1))]
        assert [rule.is_done(got, n) for got in range(n + 1)] == [width <= rule.width for width in widths]


def test_results_that_no_way_leads_to_are_refused() -> None:
    rule = StoppingRule(0.4)
    for got, n in ((9, 9), (15, 500)):
        with pytest.raises(ValueError, match=r"StoppingRule\(width=0.4.*would have ended the tries before"):
            rule.estimate(got, n)
    with pytest.raises(ValueError, match="is no result"):
        rule.estimate(3, 2)
    assert rule.estimate(3, 4) == 0.75  # not ended by the rule, but by a budget


@pytest.mark.parametrize(
    ("width", "level", "batch", "named"),
    [(0, 0.95, 1, "width=0"), (1.5, 0.95, 1, "width=1.5"), (0.2, 95, 1, "level=95"), (0.2, 0.95, 0, "batch=0")],
)
def test_what_cannot_be_a_rule_is_refused(width: float, level: float, batch: int, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        StoppingRule(width, level, batch)
    with pytest.raises(ValueError, match="between 0 and n"):
        clopper_pearson(3, 2)
