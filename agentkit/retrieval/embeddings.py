"""Retrieval by embeddings: texts ranked by the cosine of their vectors, from any embedder."""

import math
from array import array
from collections.abc import Callable, Hashable, Iterable, Sequence
from heapq import nlargest
from importlib.util import find_spec
from typing import Generic, Protocol, TypeVar

from agentkit.retrieval.bm25 import Ranked

Id = TypeVar("Id", bound=Hashable)


class Embedder(Protocol):
    """Makes vectors of texts; like texts get like vectors."""

    def embed(self, texts: Sequence[str]) -> Iterable[Sequence[float]]:
        """Return one vector for each text, all of one length.

        Args:
            texts: The texts, in order.
        """
        ...


class EmbeddingIndex(Generic[Id]):
    """The vectors of texts in memory, each of length one.

    Args:
        embedder: Makes the vectors, of the texts and of the queries.
    """

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._ids: list[Id] = []
        self._numbers = array("d")
        """The numbers of all vectors, one after another."""

    def __len__(self) -> int:
        return len(self._ids)

    def add(self, texts: Iterable[tuple[Id, str]]) -> None:
        """Add texts.

        Args:
            texts: Each with the id that a search names it by; they are not kept.
        """
        given = list(texts)
        vectors = map(_unit, self._embedder.embed([text for _, text in given]))
        for (id, _), vector in zip(given, vectors, strict=True):  # noqa: A001 - it is what the index calls it
            self._ids.append(id)
            self._numbers.extend(vector)

    def search(self, query: str, limit: int = 10, *, among: Callable[[Id], bool] | None = None) -> list[Ranked[Id]]:
        """Return the nearest texts, nearest first; `score` and `coverage` are the cosine.

        Args:
            query: Any text.
            limit: The most texts to return.
            among: True for the ids of texts that may be returned. None: all.
        """
        (wanted,) = map(_unit, self._embedder.embed([query]))
        scores = _products(self._numbers, wanted)
        places = range(len(scores)) if among is None else (at for at, id in enumerate(self._ids) if among(id))  # noqa: A001
        best = nlargest(limit, places, key=lambda place: (scores[place], -place))
        return [Ranked(self._ids[place], scores[place], max(0.0, min(1.0, scores[place]))) for place in best]


def _products(numbers: "array[float]", wanted: "array[float]") -> list[float]:
    """Return the product of a vector with each of those in `numbers`; by numpy where it is installed."""
    if not wanted or find_spec("numpy") is None:
        return _products_in_python(numbers, wanted)
    import numpy

    products: list[float] = (numpy.frombuffer(numbers).reshape(-1, len(wanted)) @ numpy.frombuffer(wanted)).tolist()
    return products


def _products_in_python(numbers: "array[float]", wanted: "array[float]") -> list[float]:
    size = len(wanted) or 1
    return [sum(map(float.__mul__, wanted, numbers[at : at + size])) for at in range(0, len(numbers), size)]


def _unit(vector: Sequence[float]) -> "array[float]":
    length = math.sqrt(sum(float(each) ** 2 for each in vector)) or 1.0
    return array("d", (float(each) / length for each in vector))
