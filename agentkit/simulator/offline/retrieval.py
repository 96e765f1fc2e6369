"""Which passages answer a question, by the words they share: BM25 in which words match by their character n-grams.

It also decides that nothing answers: the best passage, with what stands around it, has to cover enough of what the
question is about.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from agentkit.simulator.offline.passages import Passage, Source, passages
from agentkit.simulator.offline.words import FAINT, likeness, telling, terms

_ENOUGH = 0.6
"""The share of a question's weight that has to be covered."""
_ENOUGH_WORDS = 4.0
"""Covered words that are enough however long the question is."""
_AROUND = {"heading": (0.5, 0.9), "title": (0.3, 0.8), "before": (0.2, 0.5), "after": (0.2, 0.5)}
"""What a word beside a passage counts in the score, and in what is covered, against 1 for one inside."""
_ASKS_NUMBER = re.compile(
    r"\b(?:how (?:many|much|long|old|often|far|large|big|high|fast|hot)|when|what (?:year|date|version|percentage)"
    r"|wie ?(?:viele?|lange?|alt|oft|weit|hoch|groß|heiß)|wann|ab welchem)\b",
    re.IGNORECASE,
)
_ASKS_WHAT = re.compile(r"^\W*(?:what|who|was|wer)\s+(?:is|are|was|ist|sind)\s", re.IGNORECASE)
_DEFINES = re.compile(r"\b(?:is|are|was|means|provides|ist|sind|war|bedeutet)\b")
_Counts: TypeAlias = Mapping[str, float]
"""How often each telling word of the question occurs, other forms of it counting in part."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that answers."""

    passage: Passage
    score: float
    """Only to be compared with scores of the same question and sources."""
    coverage: float
    """The share of what the question is about that is found in the passage or around it, 0 to 1."""


def search(question: str, sources: Sequence[Source], limit: int = 3) -> list[Hit]:
    """The best passages, best first, no two of which overlap. Empty: nothing answers."""
    found = [passage for source in sources for passage in passages(source)]
    titles = {source.id: f"{source.title} {source.id}" for source in sources}
    enough = min(_ENOUGH, _ENOUGH_WORDS / max(1, len(telling(question))))
    return best([hit for hit in rank(question, found, titles) if hit.coverage >= enough], limit)


def best(hits: Sequence[Hit], limit: int, share: float = 0.5) -> list[Hit]:
    """The first hits, without those that repeat a better one, and without those that are far weaker."""
    chosen: list[Hit] = []
    for hit in hits:
        if len(chosen) == limit or hit.score < share * hits[0].score:
            break
        if not any(hit.passage.overlaps(other.passage) for other in chosen):
            chosen.append(hit)
    return chosen


def rank(question: str, found: Sequence[Passage], titles: Mapping[str, str]) -> list[Hit]:
    """All passages that share a telling word with the question, best first."""
    wanted = telling(question)
    count = _counter(wanted)
    lengths = [len(terms(passage.text)) for passage in found]
    inside = [count(passage.text) for passage in found]
    named = {key: count(text) for key, text in titles.items()}
    holding = Counter(term for counts in inside for term in counts)
    rarity = {term: math.log(1 + (len(found) - holding[term] + 0.5) / (holding[term] + 0.5)) for term in wanted}
    weight = {term: 0.4 + 0.6 * rarity[term] / math.log(2 + 2 * len(found)) for term in wanted}
    weight |= {term: 0.5 * worth for term, worth in weight.items() if term in FAINT}
    mean_length = sum(lengths) / max(1, len(lengths)) or 1
    hits: list[Hit] = []
    for i, passage in enumerate(found):
        near = {
            "heading": count("" if passage.is_heading else passage.heading),
            "title": named.get(passage.source, {}),
            "before": inside[i - 1] if i and found[i - 1].source == passage.source else {},
            "after": inside[i + 1] if i + 1 < len(found) and found[i + 1].source == passage.source else {},
        }
        if inside[i]:
            coverage = _coverage(weight, inside[i], near)
            score = _bm25(rarity, inside[i], near, lengths[i] / mean_length) * (0.5 + coverage)
            hits.append(Hit(passage, score * _fit(question, passage), round(coverage, 2)))
    return sorted(hits, key=lambda hit: (-hit.score, hit.passage.source, hit.passage.start or 0))


def _counter(wanted: Sequence[str]) -> Callable[[str], _Counts]:
    alike: dict[str, list[tuple[str, float]]] = {}
    seen: dict[str, _Counts] = {}

    def count(text: str) -> _Counts:
        if text in seen:
            return seen[text]
        counts: dict[str, float] = {}
        for word in terms(text):
            if word not in alike:
                alike[word] = [(term, like) for term in wanted if (like := likeness(term, word))]
            for term, like in alike[word]:
                counts[term] = counts.get(term, 0) + like
        return seen.setdefault(text, counts)

    return count


def _bm25(rarity: _Counts, inside: _Counts, near: Mapping[str, _Counts], length: float) -> float:
    score = 0.0
    for term, worth in rarity.items():
        count = inside.get(term, 0) + sum(_AROUND[k][0] * min(1, counts.get(term, 0)) for k, counts in near.items())
        score += worth * count / (count + 1.2 * (0.4 + 0.6 * length))
    return score


def _coverage(weight: _Counts, inside: _Counts, near: Mapping[str, _Counts]) -> float:
    covered = 0.0
    for term, worth in weight.items():
        beside = max(_AROUND[k][1] * min(1, counts.get(term, 0)) for k, counts in near.items())
        covered += worth * max(min(1, inside.get(term, 0)), beside)
    return covered / sum(weight.values())


def _fit(question: str, passage: Passage) -> float:
    """How well the form of a passage fits what is asked for."""
    fit = 0.5 if passage.is_heading else 1.0
    if _ASKS_NUMBER.search(question) and any(c.isdigit() for c in passage.text):
        fit *= 1.3
    return fit * 1.3 if _ASKS_WHAT.match(question) and _DEFINES.search(passage.text) else fit
