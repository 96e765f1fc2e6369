"""The general minimizer that the fit of ratings is compared with."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

class OptimizeResult:
    x: NDArray[np.float64]
    success: bool

def minimize(
    fun: Callable[[NDArray[np.float64]], float], x0: NDArray[np.float64], *, method: str, options: dict[str, float]
) -> OptimizeResult: ...
