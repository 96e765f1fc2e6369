"""Distributions agree with SciPy's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from agentkit.evals.statistics.distributions import beta_cdf, beta_quantile, normal_cdf, student_t_quantile

PARAMETERS = st.floats(0.3, 5_000)


@given(st.floats(0, 1), PARAMETERS, PARAMETERS)
def test_the_beta_distribution_is_scipys(x: float, a: float, b: float) -> None:
    assert beta_cdf(x, a, b) == pytest.approx(stats.beta.cdf(x, a, b), abs=1e-9)


@given(st.floats(1e-5, 1 - 1e-5), st.integers(1, 3_000), st.integers(1, 3_000))
def test_its_quantiles_are_scipys(share: float, a: int, b: int) -> None:
    assert beta_quantile(share, a, b) == pytest.approx(stats.beta.ppf(share, a, b), abs=1e-9)


@given(st.floats(0.6, 0.9999), st.integers(1, 2_000), st.floats(-9, 9))
def test_students_t_and_the_normal_distribution_are_scipys(share: float, degrees: int, x: float) -> None:
    assert student_t_quantile(share, degrees) == pytest.approx(stats.t.ppf(share, degrees), rel=1e-7)
    assert normal_cdf(x) == pytest.approx(stats.norm.cdf(x), abs=1e-12)


def test_the_ends_are_the_ends() -> None:
    assert [beta_cdf(x, 2, 3) for x in (-1, 0, 1, 2)] == [0, 0, 1, 1]
    assert [beta_quantile(share, 2, 3) for share in (0, 1)] == [0, 1]
