"""Symmetric positive definite systems in plain Python, for some dozens of unknowns."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeAlias

Matrix: TypeAlias = "list[list[float]]"
"""A square matrix as rows."""


def cholesky(matrix: Matrix) -> Matrix:
    """Return the lower triangle whose product with its transpose is the matrix.

    Raises:
        ZeroDivisionError: The matrix is not positive definite.
    """
    lower: Matrix = []
    for row in matrix:
        found: list[float] = []
        for place, above in enumerate(lower):
            found.append((row[place] - dot(found, above)) / above[place])
        rest = row[len(found)] - dot(found, found)
        if not rest > 0:
            raise ZeroDivisionError("The matrix is not positive definite.")
        found.append(math.sqrt(rest))
        lower.append(found)
    return lower


def solve(lower: Matrix, right: Sequence[float]) -> list[float]:
    """Return the solution of a system from the triangle of its matrix."""
    forward: list[float] = []
    for row, value in zip(lower, right, strict=True):
        forward.append((value - dot(forward, row)) / row[len(forward)])
    solution = [0.0] * len(forward)
    for place in range(len(forward) - 1, -1, -1):
        solution[place] = forward[place] / lower[place][place]
        for before in range(place):
            forward[before] -= lower[place][before] * solution[place]
    return solution


def invert(lower: Matrix) -> Matrix:
    """Return the inverse of a matrix from its triangle."""
    count = len(lower)
    return [solve(lower, [float(row == column) for row in range(count)]) for column in range(count)]


def dot(left: Sequence[float], right: Sequence[float]) -> float:
    """Return the sum of products, over the shorter one."""
    return sum(map(float.__mul__, left, right))
