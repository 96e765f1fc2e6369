from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

class _Fitted:
    bse: NDArray[np.float64]

class OLS:
    def __init__(self, endog: NDArray[np.float64], exog: NDArray[np.float64]) -> None: ...
    def fit(self, *, cov_type: str, cov_kwds: Mapping[str, object]) -> _Fitted: ...
