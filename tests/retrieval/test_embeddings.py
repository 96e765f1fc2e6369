"""An index of embeddings ranks by cosine, whoever makes the vectors."""

from array import array
from collections import Counter
from collections.abc import Iterator, Sequence

import pytest

from agentkit.retrieval import Embedder, EmbeddingIndex
from agentkit.retrieval.embeddings import _products, _products_in_python


class Letters:
    """Counts letters: the smallest embedder there is."""

    def embed(self, texts: Sequence[str]) -> Iterator[list[float]]:
        for text in texts:
            counts = Counter(text.lower())
            yield [counts[chr(code)] for code in range(ord("a"), ord("z") + 1)]


def test_the_nearest_come_first() -> None:
    embedder: Embedder = Letters()
    index = EmbeddingIndex[str](embedder)
    index.add([("one", "aab"), ("two", "zzz"), ("empty", "")])
    index.add([("three", "ab")])
    assert len(index) == 4
    first, second = index.search("AAAB", limit=2)
    assert (first.id, second.id) == ("one", "three")
    assert 0.8 < second.score < first.score <= 1.0 + 1e-9
    assert EmbeddingIndex[str](embedder).search("a") == []
    assert [hit.id for hit in index.search("AAAB", limit=1, among=lambda name: name != "one")] == ["three"]


def test_vectors_are_compared_alike_with_numpy_and_without() -> None:
    numbers, wanted = array("d", [0.5, -1.0, 2.0, 0.0, 0.25, 1.0]), array("d", [3.0, 0.5])
    assert _products(numbers, wanted) == pytest.approx([1.0, 6.0, 1.25])
    assert _products_in_python(numbers, wanted) == pytest.approx([1.0, 6.0, 1.25])
    assert _products(array("d"), wanted) == _products(array("d"), array("d")) == []
