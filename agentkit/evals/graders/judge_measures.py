"""The measurement of a judge against trials that people have graded."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import anyio

from agentkit.errors import ConfigurationError, UsageError
from agentkit.evals.grader import Grader, grade_of
from agentkit.evals.trial import AnyTrial, Trial
from agentkit.patterns.classify.intervals import Interval, bootstrap, proportion

Agreed: TypeAlias = "tuple[bool, bool]"
"""The verdict of people, and that of the judge."""


@dataclass(frozen=True, kw_only=True)
class HandScored:
    """A sample that a person has graded."""

    output: object
    """The output."""
    passed: bool
    """The person's verdict."""
    input: object = ""
    """The task's input."""
    world: object = None
    """The world that was left behind."""

    def trial(self) -> AnyTrial:
        """Return the sample as a trial that nobody has graded yet."""
        return Trial(task="sample", input=self.input, agent="", number=1, world=self.world, output=self.output)


@dataclass(frozen=True)
class JudgeMeasures:
    """The verdicts of people and of a judge, and how far they agree; intervals of 95%."""

    judged: tuple[tuple[HandScored, bool], ...]
    """The samples with the judge's verdicts, in the order in which they were given."""
    unjudged: tuple[tuple[HandScored, str], ...] = ()
    """The samples on which the judge failed, with the reasons; they count nowhere."""

    @cached_property
    def pairs(self) -> tuple[Agreed, ...]:
        """The verdict of people and that of the judge, one a sample."""
        return tuple((sample.passed, passed) for sample, passed in self.judged)

    @cached_property
    def agreement(self) -> Interval:
        """The share of samples with the same verdict, with its Wilson interval."""
        return proportion(sum(one == other for one, other in self.pairs), len(self.pairs))

    @cached_property
    def constant_agreement(self) -> float:
        """The agreement of a judge that gives everything the more frequent verdict: the least to expect."""
        passed = sum(person for person, _ in self.pairs)
        return max(passed, len(self.pairs) - passed) / len(self.pairs) if self.pairs else math.nan

    @cached_property
    def kappa(self) -> Interval:
        """Cohen's kappa, the agreement beyond chance: 0 is chance, 1 is perfect; a bootstrap interval. NaN: everything
        has the same verdict from both."""
        return bootstrap(self.pairs, _kappa)

    @cached_property
    def false_passes(self) -> Interval:
        """The share of samples that people failed and the judge passed, among those that people failed."""
        failed = [judge for person, judge in self.pairs if not person]
        return proportion(sum(failed), len(failed))

    @cached_property
    def false_failures(self) -> Interval:
        """The share of samples that people passed and the judge failed, among those that people passed."""
        passed = [judge for person, judge in self.pairs if person]
        return proportion(len(passed) - sum(passed), len(passed))

    @property
    def disagreements(self) -> tuple[HandScored, ...]:
        """The samples with another verdict: read them before you change the rubric."""
        return tuple(sample for sample, passed in self.judged if sample.passed != passed)

    def __str__(self) -> str:
        unjudged = f"; {len(self.unjudged)} without a verdict" if self.unjudged else ""
        return (
            f"agreement {self.agreement} against {self.constant_agreement:.2f} of a constant verdict, "
            f"kappa {self.kappa}, false passes {self.false_passes}, false failures {self.false_failures} "
            f"(95%, {len(self.pairs)} samples{unjudged})"
        )


async def measure_judge(judge: Grader, samples: Sequence[HandScored], *, concurrency: int = 8) -> JudgeMeasures:
    """Return how far a judge agrees with people. Any grader can be measured: a rubric, another person, code.

    Args:
        judge: The grader.
        samples: Samples that people have graded, some of which ought to fail.
        concurrency: The most samples that are judged at once.

    Raises:
        UsageError: There is no sample, or the concurrency is below 1.
    """
    if not samples or concurrency < 1:
        raise UsageError("measure_judge(): give it samples that people have graded, and a concurrency from 1.")
    verdicts: dict[int, bool] = {}
    failures: dict[int, str] = {}
    limiter = anyio.CapacityLimiter(concurrency)

    async def judge_sample(number: int) -> None:
        async with limiter:
            try:
                verdicts[number] = (await grade_of(judge, samples[number].trial())).passed
            except ConfigurationError:
                raise
            except Exception as error:  # noqa: BLE001 - a grader may raise anything; it is reported
                failures[number] = f"{type(error).__name__}: {error}"

    async with anyio.create_task_group() as tasks:
        for number in range(len(samples)):
            tasks.start_soon(judge_sample, number)
    judged = ((samples[number], verdicts[number]) for number in sorted(verdicts))
    return JudgeMeasures(tuple(judged), tuple((samples[number], failures[number]) for number in sorted(failures)))


def _kappa(pairs: Sequence[Agreed]) -> float:
    counts, n = Counter(pairs), len(pairs)
    if not n:
        return math.nan
    agreed = (counts[True, True] + counts[False, False]) / n
    person, judge = sum(one for one, _ in pairs) / n, sum(other for _, other in pairs) / n
    chance = person * judge + (1 - person) * (1 - judge)
    return (agreed - chance) / (1 - chance) if chance < 1 else math.nan
