"""The distributions and tests that the statistics of evaluations are compared with."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

class _Distribution:
    def cdf(self, x: float, *parameters: float) -> float: ...
    def ppf(self, share: float, *parameters: float) -> float: ...
    def pmf(self, x: float, *parameters: float) -> float: ...

class _PermutationTest:
    pvalue: float
    null_distribution: NDArray[np.float64]

beta: _Distribution
binom: _Distribution
hypergeom: _Distribution
norm: _Distribution
t: _Distribution

def permutation_test(
    data: tuple[NDArray[np.int_], ...],
    statistic: Callable[..., object],
    *,
    permutation_type: str,
    n_resamples: float,
    alternative: str,
) -> _PermutationTest: ...
def ttest_1samp(a: list[float], popmean: float) -> _PermutationTest: ...
