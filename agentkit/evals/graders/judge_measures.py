"""The measurement of a judge against trials that people have graded."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from agentkit.errors import UsageError
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
    """The samples with the judge's verdicts."""

    @cached_property
    def pairs(self) -> tuple[Agreed, ...]:
        """The verdict of people and that of the judge, one a sample."""
        return tuple((sample.passed, passed) for sample, passed in self.judged)

    @cached_property
    def agreement(self) -> Interval:
        """The share of samples with the same verdict, with its Wilson interval."""
        return proportion(sum(one == other for one, other in self.pairs), len(self.pairs))

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
        return (
            f"agreement {self.agreement}, kappa {self.kappa}, false passes {self.false_passes}, "
            f"false failures {self.false_failures} (95%, {len(self.pairs)} samples)"
        )


async def measure_judge(judge: Grader, samples: Sequence[HandScored]) -> JudgeMeasures:
    """Return how far a judge agrees with people. Any grader can be measured: a rubric, another person, code.

    Args:
        judge: The grader.
        samples: Samples that people have graded, some of which ought to fail.

    Raises:
        UsageError: There is no sample.
    """
    if not samples:
        raise UsageError("measure_judge(): there is no sample; give some that people have graded.")
    return JudgeMeasures(tuple([(sample, (await grade_of(judge, sample.trial())).passed) for sample in samples]))


def _kappa(pairs: Sequence[Agreed]) -> float:
    counts, n = Counter(pairs), len(pairs)
    agreed = (counts[True, True] + counts[False, False]) / n
    person, judge = sum(one for one, _ in pairs) / n, sum(other for _, other in pairs) / n
    chance = person * judge + (1 - person) * (1 - judge)
    return (agreed - chance) / (1 - chance) if chance < 1 else math.nan
