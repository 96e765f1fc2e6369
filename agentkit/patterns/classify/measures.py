"""Measures of decisions against the labels that the texts ought to get: confusion, precision, recall, curves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

from agentkit.budget.usage import Cost
from agentkit.patterns.classify.decision import Decision
from agentkit.patterns.classify.intervals import Interval, bootstrap, percentile, proportion

Pair: TypeAlias = "tuple[str, str | None]"
"""The label that a text ought to get, and the one that it got. None: the classifier abstained."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A labelled text, and the decision on it."""

    text: str
    """The text."""
    label: str
    """The label that it ought to get."""
    decision: Decision
    """The decision."""


@dataclass(frozen=True, slots=True)
class LabelMeasures:
    """The measures of one label."""

    count: int
    """Texts that ought to get it."""
    precision: Interval
    """The share of the texts with this label that ought to have it, with its Wilson interval."""
    recall: Interval
    """The share of the texts that ought to have this label and got it; an abstention is a miss."""

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall; 0 where no text rightly got the label."""
        return 2 / (1 / self.precision.value + 1 / self.recall.value) if self.recall.value > 0 else 0.0


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """Precision and recall where every text gets the label whose score is at least the threshold."""

    threshold: float
    precision: Interval
    recall: Interval


@dataclass(frozen=True)
class Measures:
    """Decisions on labelled texts, and their measures."""

    labels: tuple[str, ...]
    """The labels of the classifier."""
    judged: tuple[Judged, ...]
    """The texts with their decisions, in the order in which they were given."""
    unjudged: tuple[Judged, ...] = field(default=(), kw_only=True)
    """The texts that were not judged, since a budget was used up: they count nowhere, not as abstentions either."""

    @cached_property
    def pairs(self) -> tuple[Pair, ...]:
        """The label that each text ought to get, and the one that it got."""
        return tuple((one.label, one.decision.label) for one in self.judged)

    @cached_property
    def confusion(self) -> Mapping[Pair, int]:
        """The number of texts by the label that they ought to get and the one that they got."""
        return Counter(self.pairs)

    @cached_property
    def by_label(self) -> Mapping[str, LabelMeasures]:
        """The measures of each label that a text ought to get or got."""
        return _measure_labels(self.pairs, self.labels)

    @cached_property
    def accuracy(self) -> Interval:
        """The share of texts that got their label, with its Wilson interval."""
        return proportion(sum(wanted == got for wanted, got in self.pairs), len(self.pairs))

    @cached_property
    def macro_f1(self) -> Interval:
        """The mean F1 of the labels that texts ought to get, with a bootstrap interval over texts."""
        return bootstrap(self.pairs, _macro_f1)

    @property
    def abstained(self) -> int:
        """Texts without a label."""
        return sum(got is None for _, got in self.pairs)

    @property
    def cost_per_1000(self) -> Cost:
        """The price of a thousand decisions."""
        cost, share = sum((one.decision.cost for one in self.judged), Cost()), 1_000 / max(1, len(self.judged))
        return Cost(None if cost.usd is None else cost.usd * share, cost.estimated_usd * share)

    def latency_s(self, share: float) -> float:
        """Return the seconds within which this share of the decisions came; 0.5 is the median.

        Args:
            share: 0 to 1.
        """
        return percentile([one.decision.latency_s for one in self.judged], share)

    def curve(self, label: str) -> list[CurvePoint]:
        """Return precision and recall at every score that the label got, highest first: what another threshold gives.

        Args:
            label: The label.
        """
        scored = sorted(
            ((one.decision.scores.get(label, 0.0), one.label == label) for one in self.judged), reverse=True
        )
        wanted = sum(is_right for _, is_right in scored)
        points: list[CurvePoint] = []
        hits = 0
        for number, (score, is_right) in enumerate(scored, 1):
            hits += is_right
            if score > 0 and (number == len(scored) or scored[number][0] < score):
                points.append(CurvePoint(score, proportion(hits, number), proportion(hits, wanted)))
        return points

    def threshold(self, label: str, recall: float) -> CurvePoint | None:
        """Return the highest threshold with at least this recall on these texts. None: no score reaches it.

        On new texts the recall will be lower at times: look at its interval.

        Args:
            label: The label.
            recall: The wanted recall, 0 to 1.
        """
        return next((point for point in self.curve(label) if point.recall.value >= recall), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """The circumstances of an evaluation."""

    name: str
    """The name of the classifier."""
    model: str
    """The id of its model."""
    examples_from: str = ""
    """The place that its examples come from."""
    texts_from: str = ""
    """The place that the texts come from."""
    left_out: int = 0
    """Texts that were not judged, because all requests show them as examples."""
    concurrency: int
    """Texts that were judged at once, which the latency depends on."""


@dataclass(frozen=True)
class Comparison(Measures):
    """The measures of a classifier in a setting, and the same without the examples of its store."""

    setting: Setting
    """The circumstances."""
    without_examples: Measures | None = None
    """None: there is no store, or it was not asked for."""


def _measure_labels(pairs: Sequence[Pair], labels: Sequence[str]) -> dict[str, LabelMeasures]:
    wanted, got = Counter(pair[0] for pair in pairs), Counter(pair[1] for pair in pairs)
    hits = Counter(pair[0] for pair in pairs if pair[0] == pair[1])
    return {
        label: LabelMeasures(wanted[label], proportion(hits[label], got[label]), proportion(hits[label], wanted[label]))
        for label in labels
        if wanted[label] or got[label]
    }


def _macro_f1(pairs: Sequence[Pair]) -> float:
    counts = Counter(pairs)
    wanted: Counter[str] = Counter()
    got: Counter[str | None] = Counter()
    for (label, said), count in counts.items():
        wanted[label] += count
        got[said] += count
    return sum(2 * counts[label, label] / (wanted[label] + got[label]) for label in wanted) / len(wanted)
