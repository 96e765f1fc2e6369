"""Coverage of the intervals of evaluations, with planted truths: the tables of docs/evals_statistics.md.

    python -m benchmarks.coverage               # all tables, 2,000 simulations a row: some minutes
    python -m benchmarks.coverage clustered --seeds 200

An interval of 95% should hold the truth in 95% of the simulations. The rows of `stopping` are no simulations: all ways
to each end are counted, for 200 pass rates.
"""

from __future__ import annotations

import argparse
import math
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from agentkit.evals.arena import Winner, bradley_terry
from agentkit.evals.arena.davidson import log_chances
from agentkit.evals.statistics import (
    Interval,
    StoppingRule,
    clustered_bootstrap,
    clustered_interval,
    task_rates,
    wilson,
)

_WINNERS: tuple[Winner, ...] = ("a", "b", "tie")
RATES = [0.001, 0.002, *(step / 200 for step in range(1, 200)), 0.998, 0.999]


def endings(rule: StoppingRule) -> Iterator[tuple[int, int, float]]:
    """Yield each result that ends the tries of a task: passes, tries, and its probability at a pass rate of 1/2."""
    going_on, n = {0: 1.0}, 0
    while going_on:
        n += 1
        after: dict[int, float] = {}
        for got, chance in going_on.items():
            for following in (got, got + 1):
                after[following] = after.get(following, 0.0) + chance / 2
        yield from ((got, n, chance) for got, chance in after.items() if rule.is_done(got, n))
        going_on = {got: chance for got, chance in after.items() if not rule.is_done(got, n)}


class NaiveRule(StoppingRule):
    """Stops when the Wilson interval is narrow, and gives that: what must not be done."""

    def interval(self, successes: int, n: int) -> tuple[float, float]:
        """Return the Wilson interval."""
        return wilson(successes, n, self.level)


def stopping() -> Iterator[str]:
    """Yield the table of the stopping rule, and of one that looks at Wilson's interval after each try."""
    yield "| rule | width | batch | level | lowest coverage | at a pass rate of | tries at 0.5 | tries at 0.9 |"
    yield "|---|---|---|---|---|---|---|---|"
    rules = [
        *(NaiveRule(width) for width in (0.4, 0.2, 0.1)),
        *(StoppingRule(width) for width in (0.6, 0.5, 0.4, 0.3, 0.2, 0.15, 0.1)),
        *(StoppingRule(0.2, 0.95, batch) for batch in (8, 16)),
        *(StoppingRule(width, level) for width in (0.4, 0.2) for level in (0.8, 0.9, 0.99)),
    ]
    for rule in rules:
        name = "Wilson's interval, looked at" if isinstance(rule, NaiveRule) else "`StoppingRule`"
        ends = [(got, n, chance, rule.interval(got, n)) for got, n, chance in endings(rule)]
        lowest, where = min((_coverage(ends, rate), rate) for rate in RATES)
        tries = [sum(n * chance * odds(got, n, rate) for got, n, chance, _ in ends) for rate in (0.5, 0.9)]
        settings = f"{rule.width} | {rule.batch} | {rule.level}"
        yield f"| {name} | {settings} | {lowest:.2%} | {where} | {tries[0]:.0f} | {tries[1]:.0f} |"


def _coverage(ends: list[tuple[int, int, float, tuple[float, float]]], rate: float) -> float:
    return sum(chance * odds(got, n, rate) for got, n, chance, (low, high) in ends if low <= rate <= high)


def odds(got: int, n: int, rate: float) -> float:
    """Return by how much a result is likelier at this pass rate than at 1/2."""
    return (2 * rate) ** got * (2 - 2 * rate) ** (n - got)


@dataclass(frozen=True)
class Suite:
    """Tasks drawn from a beta distribution of pass rates, tried until their intervals are narrow."""

    tasks: int
    shape: tuple[float, float]
    rule: StoppingRule

    @property
    def truth(self) -> float:
        """The mean pass rate of such tasks."""
        return self.shape[0] / sum(self.shape)

    def play(self, seed: int) -> dict[str, list[bool]]:
        """Return the tries of each task, up to where the rule ends them."""
        draw = random.Random(seed)  # noqa: S311 - a seeded simulation, no secret
        return {str(task): list(self._tries(draw)) for task in range(self.tasks)}

    def _tries(self, draw: random.Random) -> Iterator[bool]:
        rate, passed, n = draw.betavariate(*self.shape), 0, 0
        while not self.rule.is_done(passed, n):
            outcome = draw.random() < rate
            passed, n = passed + outcome, n + 1
            yield outcome


def pooled(trials: dict[str, list[bool]]) -> tuple[float, float]:
    """Return the Wilson interval of all tries thrown together: what must not be done."""
    tries = [outcome for outcomes in trials.values() for outcome in outcomes]
    return wilson(sum(tries), len(tries))


def clustered(seeds: int) -> Iterator[str]:
    """Yield the table of intervals of a suite's mean where each task's tries ended early."""
    yield "| pass rates of tasks | tasks | clustered, by the rule | clustered, plain means | pooled | bootstrap |"
    yield "|---|---|---|---|---|---|"
    for shape in ((0.5, 0.5), (1.0, 1.0), (4.0, 1.0), (8.0, 2.0), (0.3, 1.2), (9.0, 0.5)):
        for tasks in (10, 20, 40, 100):
            row = " | ".join(f"{share:.1%}" for share in cover(Suite(tasks, shape, StoppingRule(0.4)), seeds).values())
            yield f"| beta({shape[0]:g}, {shape[1]:g}) | {tasks} | {row} |"


def cover(suite: Suite, seeds: int, bootstraps: int = 500) -> dict[str, float]:
    """Return for each kind of interval the share of simulations in which it holds the mean pass rate of such tasks."""
    found: dict[str, list[bool]] = {}
    for seed in range(seeds):
        trials = suite.play(seed)
        intervals = {
            "clustered": _ends(clustered_interval(trials, stopping=suite.rule)),
            "plain means": _ends(clustered_interval(trials)),
            "pooled": pooled(trials),
        }
        if seed < bootstraps:
            rates = task_rates(trials, suite.rule)
            intervals["bootstrap"] = _ends(clustered_bootstrap({task: [rates[task]] for task in rates}, resamples=400))
        for name, (low, high) in intervals.items():
            found.setdefault(name, []).append(low <= suite.truth <= high)
    return {name: sum(held) / len(held) for name, held in found.items()}


@dataclass(frozen=True)
class Arena:
    """Names with planted strengths, and battles between random ones of them."""

    names: int
    battles: int
    log_tie: float = -0.5

    @property
    def strengths(self) -> dict[str, float]:
        """The planted strengths: evenly from -1.5 to 1.5."""
        return {f"agent{place}": 3 * place / (self.names - 1) - 1.5 for place in range(self.names)}

    def play(self, seed: int) -> list[tuple[str, str, Winner]]:
        """Return battles of random pairs."""
        draw, names = random.Random(seed), list(self.strengths)  # noqa: S311
        drawn = [draw.sample(names, 2) for _ in range(self.battles)]
        return self.judge([(first, second) for first, second in drawn], seed)

    def judge(self, pairs: Sequence[tuple[str, str]], seed: int) -> list[tuple[str, str, Winner]]:
        """Return the winners of battles as the model draws them."""
        draw, strengths = random.Random(f"winners {seed}"), self.strengths  # noqa: S311
        rows: list[tuple[str, str, Winner]] = []
        for first, second in pairs:
            chances = map(math.exp, log_chances(strengths[first] - strengths[second], self.log_tie))
            rows += [(first, second, winner) for winner in draw.choices(_WINNERS, list(chances))]
        return rows


def cover_ratings(arena: Arena, seeds: int) -> float:
    """Return the share of ratings, over simulations, whose interval holds the planted strength."""
    held: list[bool] = []
    for seed in range(seeds):
        found = bradley_terry(arena.play(seed))
        held += [found[name].low <= strength <= found[name].high for name, strength in arena.strengths.items()]
    return sum(held) / len(held)


def ratings(seeds: int) -> Iterator[str]:
    """Yield the table of ratings."""
    yield "| names | battles | share of ties at equal strength | coverage |"
    yield "|---|---|---|---|"
    for arena in (Arena(3, 100), Arena(5, 200), Arena(8, 400), Arena(5, 300, 1.0), Arena(5, 200, -math.inf)):
        ties = math.exp(log_chances(0.0, arena.log_tie)[2])
        yield f"| {arena.names} | {arena.battles} | {ties:.0%} | {cover_ratings(arena, seeds):.2%} |"


def _ends(interval: Interval) -> tuple[float, float]:
    return interval.low, interval.high


TABLES: dict[str, Callable[[int], Iterator[str]]] = {
    "stopping": lambda _: stopping(),
    "clustered": clustered,
    "ratings": ratings,
}


def main() -> None:
    """Print the tables that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tables", nargs="*", default=list(TABLES), help=f"some of {', '.join(TABLES)}")
    parser.add_argument("--seeds", type=int, default=2_000, help="the simulations of a row: seeds 0 to one less")
    arguments = parser.parse_args()
    for table in arguments.tables:
        for line in TABLES[table](arguments.seeds):
            print(line, flush=True)
        print(flush=True)


if __name__ == "__main__":
    main()
