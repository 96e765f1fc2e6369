"""The texts that are nearest to another one, by their words or by embeddings; never that one itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from agentkit.patterns.texts import sendable, text_key
from agentkit.retrieval.bm25 import Bm25
from agentkit.retrieval.embeddings import Embedder, EmbeddingIndex
from agentkit.retrieval.terms import split_terms, word_grams

_SHORT_CHARS = 160
"""Texts up to this length are compared by n-grams of characters, too: short ones share few whole words."""


class NearestTexts:
    """An index of texts with numbers, to which more may be added.

    It may be used by one thread at a time.

    Args:
        embedder: Compares by meaning. None: by words, and n-grams of characters of short texts.
    """

    def __init__(self, embedder: Embedder | None = None) -> None:
        self._index = Bm25[int](terms=_terms) if embedder is None else EmbeddingIndex[int](embedder)
        self._keys: list[str] = []
        self._counts: Counter[str] = Counter()
        """The number of texts with a key."""
        self._unindexed: list[tuple[int, str]] = []

    def __len__(self) -> int:
        return len(self._keys)

    @property
    def is_by_words(self) -> bool:
        """True if texts are compared by their words, which takes milliseconds."""
        return isinstance(self._index, Bm25)

    def add(self, text: str) -> int:
        """Add a text, and return its number, counted from 0. It is indexed by the next search."""
        number, key = len(self._keys), text_key(text)
        self._unindexed.append((number, sendable(text)))
        self._keys.append(key)
        self._counts[key] += 1
        return number

    def search(
        self, text: str, limit: int, among: Callable[[int], bool] | None = None, *, most_terms: int | None = None
    ) -> list[tuple[int, float]]:
        """Return the numbers and scores of the nearest texts, nearest first, without those that are the text itself.

        Args:
            text: Any text.
            limit: The most texts to return.
            among: True for the numbers of texts that may be returned. None: all.
            most_terms: The most words by which a long text is compared; see `Bm25.search`. None: all.
        """
        self.index_new_texts()
        if not self._keys:
            return []
        own = text_key(text)
        limit_with_own, query = limit + self._counts[own], sendable(text)
        if isinstance(self._index, Bm25):
            hits = self._index.search(query, limit_with_own, among=among, most_terms=most_terms)
        else:
            hits = self._index.search(query, limit_with_own, among=among)
        return [(hit.id, hit.score) for hit in hits if self._keys[hit.id] != own][:limit]

    def index_new_texts(self) -> None:
        """Index the texts that were added since the last search, so that the next one need not."""
        if isinstance(self._index, EmbeddingIndex):
            self._index.add(self._unindexed)
        else:
            for number, text in self._unindexed:
                self._index.add(number, text)
        self._unindexed.clear()


def _terms(text: str) -> Iterable[str]:
    return word_grams(text) if len(text) <= _SHORT_CHARS else split_terms(text)
