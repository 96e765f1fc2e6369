"""Small systems are solved as NumPy solves them."""

from __future__ import annotations

import numpy as np
import pytest

from agentkit.evals.arena.linear_algebra import cholesky, invert, solve


@pytest.mark.parametrize("count", [1, 2, 7, 30])
def test_systems_are_solved_as_numpy_does_it(count: int) -> None:
    drawn = np.random.default_rng(count).normal(size=(count, count + 3))
    matrix, right = drawn @ drawn.T, drawn[:, 0]
    lower = cholesky(matrix.tolist())
    assert np.allclose(lower[-1], np.linalg.cholesky(matrix)[-1])
    assert np.allclose(solve(lower, right.tolist()), np.linalg.solve(matrix, right))
    assert np.allclose(invert(lower), np.linalg.inv(matrix))


def test_what_is_not_positive_definite_is_refused() -> None:
    with pytest.raises(ZeroDivisionError, match="not positive definite"):
        cholesky([[1.0, 2.0], [2.0, 1.0]])
