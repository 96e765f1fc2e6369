"""Distribution functions in plain Python: the beta distribution, and what is computed from it."""

from __future__ import annotations

import math
from statistics import NormalDist

_TINY = 1e-300
_PRECISION = 1e-15
_MOST_TERMS = 10_000
_MOST_STEPS = 200


def beta_cdf(x: float, a: float, b: float) -> float:
    """Return the probability that a beta variable is at most x: the regularized incomplete beta function.

    Args:
        x: 0 to 1.
        a: The first parameter, above 0.
        b: The second parameter, above 0.
    """
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):  # the fraction converges quickly on one side only
        return 1 - beta_cdf(1 - x, b, a)
    return math.exp(_log_density(x, a, b)) * x * (1 - x) / a * _continued_fraction(x, a, b)


def beta_quantile(share: float, a: float, b: float) -> float:
    """Return the x below which a beta variable lies with this probability.

    Args:
        share: The probability, 0 to 1.
        a: The first parameter, above 0.
        b: The second parameter, above 0.
    """
    if share <= 0 or share >= 1:
        return float(share >= 1)
    low, high, x = 0.0, 1.0, _first_guess(share, a, b)
    for _ in range(_MOST_STEPS):
        error = beta_cdf(x, a, b) - share
        low, high = (x, high) if error < 0 else (low, x)
        density = math.exp(_log_density(x, a, b))
        step = x - error / density if density > 0 else low
        following = step if low < step < high else (low + high) / 2
        if abs(following - x) <= _PRECISION * x:
            break
        x = following
    return x


def student_t_quantile(share: float, degrees: int) -> float:
    """Return the value below which Student's t lies with this probability, for a share above 0.5.

    Args:
        share: The probability, above 0.5 and below 1.
        degrees: The degrees of freedom, at least 1.
    """
    x = beta_quantile(2 * (1 - share), degrees / 2, 0.5)
    return math.sqrt(degrees * (1 - x) / x)


def normal_cdf(x: float) -> float:
    """Return the probability that a standard normal variable is at most x."""
    return NormalDist().cdf(x)


def _first_guess(share: float, a: float, b: float) -> float:
    """Return about the quantile (Abramowitz and Stegun, 26.5.22)."""
    if min(a, b) <= 1:
        return a / (a + b)
    z = NormalDist().inv_cdf(1 - share)
    first, second, curve = 1 / (2 * a - 1), 1 / (2 * b - 1), (z * z - 3) / 6
    harmonic = 2 / (first + second)
    shift = (second - first) * (curve + 5 / 6 - 2 / (3 * harmonic))
    return a / (a + b * math.exp(2 * (z * math.sqrt(max(harmonic + curve, 0.0)) / harmonic - shift)))


def _log_density(x: float, a: float, b: float) -> float:
    log_beta = math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
    return (a - 1) * math.log(x) + (b - 1) * math.log1p(-x) - log_beta


def _continued_fraction(x: float, a: float, b: float) -> float:
    """Return the fraction of the incomplete beta function by the method of Lentz (DLMF 8.17.22)."""
    numerator, denominator = 1.0, 1 / _away_from_0(1 - (a + b) * x / (a + 1))
    result = denominator
    for term in range(1, _MOST_TERMS):
        even, odd = a + 2 * term, a + 2 * term + 1
        for factor in (
            term * (b - term) * x / ((even - 1) * even),
            -(a + term) * (a + b + term) * x / (even * odd),
        ):
            denominator = 1 / _away_from_0(1 + factor * denominator)
            numerator = _away_from_0(1 + factor / numerator)
            change = numerator * denominator
            result *= change
        if abs(change - 1) < _PRECISION:
            break
    return result


def _away_from_0(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
