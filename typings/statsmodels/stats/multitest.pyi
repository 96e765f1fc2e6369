import numpy as np
from numpy.typing import NDArray

def multipletests(pvals: list[float], *, method: str) -> tuple[object, NDArray[np.float64], float, float]: ...
