import numpy as np
from numpy.typing import NDArray

def opt_pairwise(n_items: int, data: list[tuple[int, int]], *, method: str) -> NDArray[np.float64]: ...
