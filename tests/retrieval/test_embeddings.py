"""An index of embeddings ranks by cosine, whoever makes the vectors."""

from collections import Counter
from collections.abc import Iterator, Sequence

from agentkit.retrieval import Embedder, EmbeddingIndex


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
