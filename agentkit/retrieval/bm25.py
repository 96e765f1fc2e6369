"""BM25 in memory: texts ranked by the words that they share with a query, the rarer the better.

index = Bm25(("refunds", "Fees are refunded within 14 days."), ("cards", "Cards are free."))
index.search("When are fees refunded?", limit=10)
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from heapq import nlargest, nsmallest
from itertools import accumulate
from typing import Generic, TypeVar

from agentkit.retrieval.terms import STOP_TERMS, rarity_of, split_terms

Id = TypeVar("Id", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Ranked(Generic[Id]):
    """A text that a search found."""

    id: Id
    """The id that it was added with."""
    score: float
    """The score; it compares texts of one search, nothing else."""
    coverage: float
    """The share of the query's terms that it has, by their rarity, 0 to 1."""


@dataclass(frozen=True, slots=True)
class _Term:
    """A term of a query, and where it stands."""

    places: array[int]
    """The places of the texts that have it, in order."""
    times: array[int]
    """The number of times that each of them has it."""
    rarity: float
    """Its weight, and the most that it adds to a score."""

    def count_in(self, place: int) -> int:
        """Return the number of times that a text has it."""
        at = bisect_left(self.places, place)
        return self.times[at] if at < len(self.places) and self.places[at] == place else 0


_NOWHERE = (array("L"), array("L"))


class Bm25(Generic[Id]):
    """An index of texts in memory.

    `terms=word_grams` compares short texts by their n-grams of characters, too: forms of one word then match, and a
    search takes many times as long.

    Args:
        texts: Texts to begin with, each with its id.
        terms: Takes a text apart. Default: words without accents and case.
        k1: The weight of a term that occurs again.
        b: The weight of a text's length, 0 to 1.
    """

    def __init__(
        self,
        texts: Iterable[tuple[Id, str]] = (),
        *,
        terms: Callable[[str], Iterable[str]] = split_terms,
        k1: float = 1.2,
        b: float = 0.75,
    ) -> None:
        self._terms, self._k1, self._b = terms, k1, b
        self._ids: list[Id] = []
        self._lengths = array("L")
        self._norms: list[float] = []
        self._postings: dict[str, tuple[array[int], array[int]]] = {}
        """The places of the texts that have a term, and how often they have it."""
        for id, text in texts:  # noqa: A001 - it is what the index calls it
            self.add(id, text)

    def __len__(self) -> int:
        return len(self._ids)

    def add(self, id: Id, text: str) -> None:  # noqa: A002 - as above
        """Add a text.

        Args:
            id: The id that a search names it by.
            text: The text; it is not kept.
        """
        counts = Counter(self._terms(text))
        for term, count in counts.items():
            places, times = self._postings.setdefault(term, (array("L"), array("L")))
            places.append(len(self._ids))
            times.append(count)
        self._ids.append(id)
        self._lengths.append(sum(counts.values()))

    def search(
        self,
        query: str,
        limit: int = 10,
        *,
        among: Callable[[Id], bool] | None = None,
        most_terms: int | None = None,
    ) -> list[Ranked[Id]]:
        """Return the best texts, best first; those that share no term with the query are left out.

        Args:
            query: Any text; a long one is a query, too.
            limit: The most texts to return.
            among: True for the ids of texts that may be returned. None: all.
            most_terms: The most terms of the query that count: those that say most about it, being frequent in it and
                rare elsewhere. They bound the time of a search by a long text. None: all.
        """
        counts = Counter(self._terms(query))
        wanted = {term for term in counts if term not in STOP_TERMS} or {*counts}
        if most_terms is not None and len(wanted) > most_terms:
            wanted = self._telling_terms(counts, wanted, most_terms)
        held = [self._postings.get(term, _NOWHERE) for term in sorted(wanted)]
        terms = [_Term(*postings, rarity_of(len(postings[0]), len(self._ids))) for postings in held]
        terms.sort(key=lambda term: len(term.places))
        scores = self._scores(terms, limit if among is None else 0)
        found = filter(scores.__getitem__, range(len(scores)))
        may_return = found if among is None else (at for at in found if among(self._ids[at]))
        best = nsmallest(limit, may_return, key=lambda at: (-scores[at], at))
        whole = sum(term.rarity for term in terms)
        covered = (sum(term.rarity for term in terms if term.count_in(place)) for place in best)
        return [Ranked(self._ids[at], scores[at], share / whole) for at, share in zip(best, covered, strict=True)]

    def _telling_terms(self, counts: Counter[str], wanted: set[str], most: int) -> set[str]:
        """Return the terms of a long query that say most, by the logarithm of their count and by rarity."""

        def weight(term: str) -> tuple[float, str]:
            return (1 + math.log(counts[term])) * rarity_of(len(self._postings[term][0]), len(self._ids)), term

        return {*nlargest(most, (term for term in wanted if term in self._postings), key=weight)}

    def _scores(self, terms: list[_Term], limit: int) -> list[float]:
        """Return the scores of all texts, of the best `limit` to the end, or of all if it is 0.

        The terms are given the rarest first.
        The frequent ones take the time and change little: once they cannot bring another text among the best any more,
        they are looked up for those alone.
        """
        scores, norms = [0.0] * len(self._ids), self._length_norms()
        most_left = [*accumulate(term.rarity for term in reversed(terms))][::-1]
        postings, tried = sum(len(term.places) for term in terms), math.inf
        for index, (term, left) in enumerate(zip(terms, most_left, strict=True)):
            if left < tried / 2 and postings > 2 * len(scores) and 0 < limit < len(scores):
                tried, least = left, nlargest(limit, scores)[-1]
                if left < least:
                    self._complete(
                        scores, [at for at, score in enumerate(scores) if score + left >= least], terms[index:]
                    )
                    break
            rarity = term.rarity
            for place, count in zip(term.places, term.times, strict=True):
                scores[place] += rarity * count / (count + norms[place])
            postings -= len(term.places)
        return scores

    def _complete(self, scores: list[float], places: list[int], terms: list[_Term]) -> None:
        norms = self._length_norms()
        for term in terms:
            for place in places:
                if count := term.count_in(place):
                    scores[place] += term.rarity * count / (count + norms[place])

    def _length_norms(self) -> list[float]:
        """Return, for each text, how much a count is damped by its length; made again after a text was added."""
        if len(self._norms) != len(self._ids):
            mean = sum(self._lengths) / len(self._ids) or 1.0
            flat, slope = self._k1 * (1 - self._b), self._k1 * self._b / mean
            self._norms = [flat + slope * length for length in self._lengths]
        return self._norms
