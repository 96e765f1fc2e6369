"""The decision of a classifier: made from the replies to one text, by the letter that most of them name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agentkit.budget.usage import Cost
from agentkit.messages.message import text_of
from agentkit.patterns.classify.example import Example
from agentkit.patterns.classify.example_store import Neighbours
from agentkit.patterns.classify.request import letter_in
from agentkit.run.outcome import Outcome

if TYPE_CHECKING:
    from agentkit.run.result import RunResult

_WITHOUT_WORDS = (Outcome.EMPTY, Outcome.MAX_TURNS)
"""The outcomes of a run whose reply has no text."""
_SHOWN_CHARS = 60
"""Characters of a reply in the reason for an abstention."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The decision of a classifier on one text."""

    label: str | None
    """The label. None: the classifier abstains; `reason` says why."""
    reason: str = ""
    """The reason why there is no label. Empty: there is one."""
    scores: Mapping[str, float] = field(default_factory=dict[str, float])
    """Scores of labels, 0 to 1, to compare decisions by: the share of the replies that named the label; with a store of
    examples, the mean of that and of its share of the nearest ones. They are no probabilities. A label that is not in
    it has 0."""
    examples: tuple[Example, ...] = ()
    """The examples that were retrieved for the text, nearest first."""
    cost: Cost = field(default_factory=Cost)
    """The price of the requests."""
    latency_s: float = 0.0
    """Seconds from the call to the decision, the search for examples included."""
    results: tuple[RunResult[str], ...] = field(default=(), repr=False)
    """The runs, one for each request."""

    @property
    def was_judged(self) -> bool:
        """False: a budget was used up before there was a label, which says nothing about the classifier."""
        exhausted = any(result.outcome is Outcome.BUDGET_EXHAUSTED for result in self.results)
        return self.label is not None or not exhausted


def decide(
    results: Sequence[RunResult[str]], near: Neighbours, labels: Mapping[str, str], latency_s: float
) -> Decision:
    """Return the decision that these runs come to.

    Args:
        results: The runs, each of which was to reply with one letter.
        near: The examples near the text.
        labels: Letter -> label.
        latency_s: Seconds that it took.
    """
    named = [letter_in(_reply_of(result), labels) for result in results]
    counts = Counter(labels[letter] for letter in named if letter is not None)
    shares = {label: count / len(results) for label, count in counts.items()}
    best = [label for label in labels.values() if counts[label] and counts[label] == max(counts.values())]
    scored = dict.fromkeys([*shares, *near.votes])
    means = {label: (shares.get(label, 0.0) + near.votes.get(label, 0.0)) / 2 for label in scored}
    return Decision(
        label=best[0] if len(best) == 1 else None,
        reason="" if len(best) == 1 else _reason(results, best),
        scores=means if near.votes else shares,
        examples=near.examples,
        cost=sum((result.cost.total for result in results), Cost()),
        latency_s=latency_s,
        results=tuple(results),
    )


def _reply_of(result: RunResult[str]) -> str:
    """Return the text of a reply, also of one that was cut off behind the letter. Empty: there is none."""
    last = result.messages[-1] if result.messages else None
    return text_of(last["content"]) if last is not None and last["role"] == "assistant" else ""


def _reason(results: Sequence[RunResult[str]], best: Sequence[str]) -> str:
    if best:
        return f"The {len(results)} replies are even between {' and '.join(map(repr, best))}."
    result = results[0]
    reply = " ".join(_reply_of(result).split())
    if not reply:
        return "The reply is empty." if result.outcome in _WITHOUT_WORDS else result.reason
    shown = reply if len(reply) <= _SHOWN_CHARS else f"{reply[:_SHOWN_CHARS]}…"
    return f"The reply is none of the letters: {shown}"
