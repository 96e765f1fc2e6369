"""pass@k and pass^k are the shares of the subsets of k tries, exactly."""

from __future__ import annotations

from itertools import combinations
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from agentkit.evals.statistics import pass_at_k, pass_hat_k


@st.composite
def counts(draw: st.DrawFn, most: int) -> tuple[int, int, int]:
    n = draw(st.integers(1, most))
    return n, draw(st.integers(0, n)), draw(st.integers(1, n))


@given(counts(9))
def test_they_are_shares_of_the_subsets(drawn: tuple[int, int, int]) -> None:
    n, c, k = drawn
    subsets = list(combinations([True] * c + [False] * (n - c), k))
    assert pass_at_k(n, c, k) == sum(map(any, subsets)) / len(subsets)
    assert pass_hat_k(n, c, k) == sum(map(all, subsets)) / len(subsets)


@given(counts(2_000))
def test_they_are_those_of_the_hypergeometric_distribution(drawn: tuple[int, int, int]) -> None:
    n, c, k = drawn
    assert pass_at_k(n, c, k) == pytest.approx(1 - stats.hypergeom.pmf(0, n, c, k), abs=1e-6)
    assert pass_hat_k(n, c, k) == pytest.approx(stats.hypergeom.pmf(k, n, c, k), abs=1e-6)


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.5, 0.97, 1.0])
def test_neither_is_biased(rate: float) -> None:
    n = 12
    chances = [comb(n, c) * rate**c * (1 - rate) ** (n - c) for c in range(n + 1)]
    for k in (1, 3, 12):
        at = sum(chance * pass_at_k(n, c, k) for c, chance in enumerate(chances))
        hat = sum(chance * pass_hat_k(n, c, k) for c, chance in enumerate(chances))
        assert (at, hat) == pytest.approx((1 - (1 - rate) ** k, rate**k), abs=1e-9)


@pytest.mark.parametrize("measure", [pass_at_k, pass_hat_k])
@pytest.mark.parametrize(
    ("n", "c", "k", "reason"),
    [(5, 2, 10, "k has to be"), (5, 2, 0, "k has to be"), (5, 6, 1, "passing tries"), (0, 0, 1, "k has to be")],
)
def test_more_tries_than_were_made_are_no_estimate(measure: object, n: int, c: int, k: int, reason: str) -> None:
    assert callable(measure)
    with pytest.raises(ValueError, match=rf"n={n}, c={c}, k={k}.*{reason}"):
        measure(n, c, k)
