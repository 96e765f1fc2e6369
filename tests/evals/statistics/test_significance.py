"""Tests of a difference agree with statsmodels and SciPy."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar as reference_mcnemar
from statsmodels.stats.multitest import multipletests

from agentkit.evals.statistics import holm, mcnemar, sign_flip_test

COUNTS = st.integers(0, 80)


@given(COUNTS, COUNTS)
def test_mcnemar_is_that_of_statsmodels(first: int, second: int) -> None:
    table = [[7, first], [second, 9]]
    assert mcnemar(first, second) == pytest.approx(float(reference_mcnemar(table, exact=True).pvalue), abs=1e-9)


@given(st.lists(st.sampled_from([-1, 0, 1]), max_size=60))
def test_with_one_try_a_task_random_signs_are_mcnemars_test(differences: list[int]) -> None:
    assert sign_flip_test(differences) == pytest.approx(mcnemar(differences.count(-1), differences.count(1)))


@given(st.lists(st.integers(-10, 10), min_size=2, max_size=9))
def test_signs_are_counted_as_scipy_counts_them(tenths: list[int]) -> None:
    differences = [tenth / 10 for tenth in tenths]
    reference = stats.permutation_test(
        (np.array(tenths),), np.sum, permutation_type="samples", n_resamples=np.inf, alternative="two-sided"
    )
    as_large = [abs(total) >= abs(sum(tenths)) for total in reference.null_distribution]
    assert sign_flip_test(differences) == pytest.approx(fmean_of(as_large))


def fmean_of(values: list[bool]) -> float:
    return sum(values) / len(values)


def test_signs_are_drawn_where_they_are_too_many_to_count() -> None:
    source = random.Random(0)
    differences = [source.gauss(0.2, 1) for _ in range(60)]
    found = sign_flip_test(differences)
    assert found == sign_flip_test(differences)
    assert found == pytest.approx(float(stats.ttest_1samp(differences, 0).pvalue), abs=0.03)
    uneven = [source.randint(-passed, passed) / passed for passed in range(900, 960)]
    assert 0 < sign_flip_test(uneven) <= 1


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_is_that_of_statsmodels(p_values: list[float]) -> None:
    reference = multipletests(p_values, method="holm")[1]
    assert list(holm(dict(enumerate(p_values))).values()) == pytest.approx([float(one) for one in reference], abs=1e-9)


def test_what_is_no_count_and_no_probability_is_refused() -> None:
    assert holm({}) == {}
    assert mcnemar(0, 0) == sign_flip_test([]) == sign_flip_test([0.0, 0.0]) == 1
    with pytest.raises(ValueError, match="at least 0"):
        mcnemar(-1, 2)
    with pytest.raises(ValueError, match="'a against b' is nan"):
        holm({"a against b": float("nan")})
    with pytest.raises(ValueError, match="finite"):
        sign_flip_test([float("nan")])


def test_arguments_of_another_form_are_refused_with_the_right_one() -> None:
    with pytest.raises(TypeError, match=r"comparison -> p-value, not list: .*dict\(enumerate\(p_values\)\)"):
        holm([0.01, 0.04])  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"two numbers of tasks.*not dict.*compare\(baseline, candidate\)"):
        mcnemar({"a": [1]}, {"a": [0]})  # type: ignore[arg-type]
    assert mcnemar(np.int64(0), np.int64(5)) == mcnemar(0, 5) == 0.0625  # type: ignore[arg-type]
