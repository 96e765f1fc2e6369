"""Stop the tries of a task when its interval is narrow enough, so that the interval keeps its coverage.

An interval for a fixed number of tries, looked at after each one until it is narrow, covers too rarely: tries end where
chance made the results look alike. Here the interval is the exact one of Clopper and Pearson (1934) at seven tenths of
the error. Counting all paths of results up to the end (docs/evals_statistics.md has the table) shows that it then
covers at least at its level for every pass rate. The idea of a raised level found by counting paths is Frey's (2010).
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator

from agentkit.evals.statistics.distributions import beta_quantile
from agentkit.patterns.classify.intervals import normal_quantile

_SHARE_OF_THE_ERROR = 0.7
_NARROWEST = 0.05
_PRECISION = 1e-12


def clopper_pearson(successes: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Return the exact interval of a proportion (Clopper and Pearson, 1934); it never covers below its level.

    Args:
        successes: The trials that succeeded.
        n: All trials.
        level: The coverage.

    Raises:
        ValueError: `successes` is below 0 or above `n`, or `level` is none.
    """
    normal_quantile(level)  # checks the level
    if not 0 <= successes <= n:
        raise ValueError(f"clopper_pearson({successes}, {n}): the successes have to be between 0 and n.")
    error = (1 - level) / 2
    low = beta_quantile(error, successes, n - successes + 1) if successes else 0.0
    return low, beta_quantile(1 - error, successes + 1, n - successes) if successes < n else 1.0


class StoppingRule:
    """Tells after each batch of tries of one task if its interval is narrow enough, and gives that interval.

    Args:
        width: The wanted width of the interval, at least 0.05 and below 1.
        level: The coverage, kept though the tries end early.
        batch: The number of tries after which one looks, and looks again.

    Raises:
        ValueError: One of them cannot be.
    """

    def __init__(self, width: float, level: float = 0.95, batch: int = 1) -> None:
        if not _NARROWEST <= width < 1:
            raise ValueError(f"StoppingRule(width={width!r}): the width is at least {_NARROWEST} and below 1.")
        if batch < 1:
            raise ValueError(f"StoppingRule(batch={batch!r}): a batch has at least one try.")
        normal_quantile(level)  # checks the level
        self.width, self.level, self.batch = width, level, batch
        self._bounds = [-1]
        self._paths = _PathCounts(self)

    def __repr__(self) -> str:
        return f"StoppingRule(width={self.width}, level={self.level}, batch={self.batch})"

    def interval(self, successes: int, n: int) -> tuple[float, float]:
        """Return the interval of the pass rate after n tries, at the end or before.

        Args:
            successes: The tries that passed.
            n: All tries.
        """
        return clopper_pearson(successes, n, 1 - _SHARE_OF_THE_ERROR * (1 - self.level))

    def is_done(self, successes: int, n: int) -> bool:
        """Tell if no more tries are needed; False between batches.

        Args:
            successes: The tries that passed.
            n: All tries.
        """
        return n > 0 and n % self.batch == 0 and min(successes, n - successes) <= self._bound(n)

    def most_tries(self) -> int:
        """Return the number of tries after which every task is done, whatever came out."""
        n = self.batch
        while self._bound(n) < n // 2:
            n += self.batch
        return n

    def estimate(self, successes: int, n: int) -> float:
        """Return the pass rate without the bias that early stopping has (Girshick, Mosteller and Savage, 1946).

        It is the share of the ways to this result that begin with a pass. Where nothing stopped early it is the plain
        mean.

        Args:
            successes: The tries that passed.
            n: All tries.

        Raises:
            ValueError: By this rule the tries would have ended before.
        """
        if not 0 <= successes <= n or n == 0:
            raise ValueError(f"{self!r}: {successes} of {n} tries is no result.")
        estimate = self._paths.share_passing_first(successes, n)
        if estimate is None:
            raise ValueError(
                f"{self!r} would have ended the tries before {successes} of {n} had passed: name the rule that ended "
                "them, and give the tries up to its end only."
            )
        return estimate

    def _bound(self, n: int) -> int:
        """Return the number of passes, or of failures, up to which n tries are enough. It grows with n."""
        while len(self._bounds) <= n:
            bound, tries = self._bounds[-1], len(self._bounds)
            while bound < tries // 2 and self._is_narrow(bound + 1, tries):
                bound += 1
            self._bounds.append(bound)
        return self._bounds[n]

    def _is_narrow(self, successes: int, n: int) -> bool:
        low, high = self.interval(successes, n)
        return high - low <= self.width + _PRECISION


class _PathCounts:
    """Counts the ways to each result that a rule allows, and those among them that begin with a pass."""

    def __init__(self, rule: StoppingRule) -> None:
        self._rule = rule
        self._shares: list[array[float]] = []
        self._grown = self._grow()

    def share_passing_first(self, successes: int, n: int) -> float | None:
        """Return the share of the ways to a result that begin with a pass. None: no way leads there."""
        while len(self._shares) < n:
            shares = next(self._grown, None)
            if shares is None:
                return None
            self._shares.append(shares)
        share = self._shares[n - 1][successes]
        return None if math.isnan(share) else share

    def _grow(self) -> Iterator[array[float]]:
        """Yield the shares after each number of tries. The ways are counted as probabilities at 1/2."""
        ways, passing_first = [0.5, 0.5], [0.0, 0.5]
        while any(ways):
            counted = zip(passing_first, ways, strict=True)
            yield array("d", [first / every if every else math.nan for first, every in counted])
            ways, passing_first = self._go_on(ways), self._go_on(passing_first)

    def _go_on(self, ways: list[float]) -> list[float]:
        n = len(ways) - 1
        halves = [0.0 if self._rule.is_done(got, n) else way / 2 for got, way in enumerate(ways)]
        return [failed + passed for failed, passed in zip([*halves, 0.0], [0.0, *halves], strict=True)]
