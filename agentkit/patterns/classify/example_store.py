"""Hand-scored examples: kept in a file of JSON lines, the nearest ones found by their words or by embeddings."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from os import PathLike
from pathlib import Path
from typing import TypeAlias

from agentkit.patterns.classify.example import Example, LabelledTexts, check_example, pairs_of
from agentkit.patterns.classify.example_file import ExampleFile
from agentkit.patterns.nearest import NearestTexts
from agentkit.patterns.texts import text_key
from agentkit.retrieval.embeddings import Embedder

NEAREST = 6
"""The number of examples that a request gets by default."""
VOTERS = 9
"""The number of examples that vote."""
_HITS_PER_EXAMPLE = 10
"""Hits for each wanted example: among so many, the nearest of all labels mostly are."""
_MOST_RARE_HITS = 500
"""Hits of the labels that were not among the first."""
_QUICK_SIZE = 1_000

_Hit: TypeAlias = tuple[str, float]
"""The key of an example, and its likeness."""


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The labelled examples near a text."""

    examples: tuple[Example, ...] = ()
    """The nearest, balanced over labels."""
    votes: Mapping[str, float] = field(default_factory=dict[str, float])
    """Each label's share of the nearest ones, weighted by likeness. They are not balanced: a label with many near
    examples has many votes. Empty: no example is like the text."""


class ExampleStore:
    """Labelled examples in memory, or in a file that `load` reads and `add` appends to.

    `store.nearest(text, 6)` never returns the text itself. Lines that another process appends to the file are found by
    the next call. It may be used from several threads.

    Args:
        examples: Texts with their labels.
        embedder: Finds the nearest by meaning. None: by their words and n-grams of characters.
    """

    def __init__(self, examples: LabelledTexts = (), *, embedder: Embedder | None = None) -> None:
        self._file: ExampleFile | None = None
        self._by_key: dict[str, Example] = {}
        """The examples in the order in which they came; texts of one key are the same text."""
        self._counts: Counter[str] = Counter()
        """The number of examples of each label."""
        self._keys: list[str] = []
        """The keys by their numbers in the index; an example that was taken back keeps its number."""
        self._numbers: dict[str, int] = {}
        self._index = NearestTexts(embedder)
        self._lock = threading.RLock()
        for text, label in pairs_of(examples):
            self._take(text, label)

    @classmethod
    def load(cls, path: str | PathLike[str], *, embedder: Embedder | None = None) -> ExampleStore:
        """Return the store of a file of JSON lines, each with `text` and `label`; without the file it is empty.

        Args:
            path: The file. `add` makes it.
            embedder: Finds the nearest by meaning. None: by their words and n-grams of characters.

        Raises:
            UsageError: A line is damaged; the text names it. Or there is no folder for the file.
        """
        store = cls(embedder=embedder)
        store._file = ExampleFile(Path(path))
        store._read_new()
        return store

    def __len__(self) -> int:
        return len(self._by_key)

    def __iter__(self) -> Iterator[Example]:
        return iter([*self._by_key.values()])

    @property
    def is_quick(self) -> bool:
        """True if a search takes no more than a few milliseconds, so that an event loop need not be spared."""
        return len(self) <= _QUICK_SIZE and self._index.is_by_words

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels in use, the most frequent first."""
        return tuple(label for label, count in self._counts.most_common() if count)

    def add(self, text: str, label: str) -> None:
        """Add an example, also to the file; a text that is there gets the new label.

        Args:
            text: The text.
            label: The label that it ought to get.

        Raises:
            UsageError: One of them is no text, or is blank.
        """
        check_example(text, label)
        with self._lock:
            self._read_new()
            if self._label(text_key(text)) != label:
                self._write(text, label)

    def remove(self, text: str) -> bool:
        """Take the example of a text back, also in the file. False: there is none.

        Args:
            text: The text, whatever its white space and case.
        """
        with self._lock:
            self._read_new()
            if (known := self._by_key.get(text_key(text))) is None:
                return False
            self._write(known.text, None)
            return True

    def label_of(self, text: str) -> str | None:
        """Return the label of a text. None: the store does not have it.

        Args:
            text: The text, whatever its white space and case.
        """
        with self._lock:
            self._read_new()
            return self._label(text_key(text))

    def nearest(self, text: str, k: int = NEAREST) -> tuple[Example, ...]:
        """Return the k nearest examples, nearest first, of each label as many as of the others if there are so many.

        The text itself is never among them, nor a copy of it that differs in white space or case.

        Args:
            text: Any text.
            k: The most examples to return.
        """
        return self.neighbours(text, k).examples

    def neighbours(self, text: str, k: int = NEAREST, labels: Collection[str] | None = None) -> Neighbours:
        """Return the nearest examples as `nearest` does, and the votes of those that are nearest whatever their label.

        Args:
            text: Any text.
            k: The most examples to return.
            labels: The labels to look for. None: all.
        """
        with self._lock:
            self._read_new()
            wanted = {*self.labels} if labels is None else {*labels}
            hits = self._ranked(text, _HITS_PER_EXAMPLE * max(k, VOTERS), wanted)
            picked = self._balanced(hits, k)
            if rare := self._missed_labels(picked, hits, k, wanted):
                more = self._ranked(text, _MOST_RARE_HITS, rare)
                found = {text_key(text), *(key for key, _ in (*hits, *more))}
                unlike = ((key, 0.0) for key in reversed(self._by_key) if key not in found and self._label(key) in rare)
                picked = self._balanced(chain(hits, (hit for hit in more if hit not in hits), unlike), k)
            examples = tuple(replace(self._by_key[key], score=score) for key, score in picked)
            return Neighbours(examples, self._votes([hit for hit in hits[:VOTERS] if hit[1] > 0]))

    def _votes(self, voters: Sequence[_Hit]) -> dict[str, float]:
        votes: dict[str, float] = {}
        for key, score in voters:
            label = self._by_key[key].label
            votes[label] = votes.get(label, 0.0) + score / sum(score for _, score in voters)
        return votes

    def _balanced(self, ranked: Iterable[_Hit], k: int) -> list[_Hit]:
        """Return k of the ranked examples: first the best of each label, then the second best of each, and so on."""
        seen: Counter[str] = Counter()
        rounds: list[tuple[int, int, _Hit]] = []
        for rank, hit in enumerate(ranked):
            label = self._by_key[hit[0]].label
            if seen[label] < k:
                rounds.append((seen[label], rank, hit))
                seen[label] += 1
        chosen = sorted(rounds)[:k]
        return [hit for _, _, hit in sorted(chosen, key=lambda one: one[1])]

    def _missed_labels(self, picked: list[_Hit], hits: list[_Hit], k: int, wanted: set[str]) -> set[str]:
        """Return the labels of which more hits could change what was picked."""
        found = Counter(self._by_key[key].label for key, _ in hits)
        deepest = max(Counter(self._by_key[key].label for key, _ in picked).values(), default=0)
        enough = deepest - 1 if len(picked) == k else k
        return {label for label in wanted if found[label] < min(enough, self._counts[label])}

    def _ranked(self, text: str, limit: int, wanted: set[str]) -> list[_Hit]:
        """Return the examples of some labels that the index finds, nearest first, without the text itself."""
        is_any = len(self._keys) == len(self._by_key) and wanted >= {*self.labels}

        def is_wanted(number: int) -> bool:
            return self._label(self._keys[number]) in wanted

        hits = self._index.search(text, limit, among=None if is_any else is_wanted)
        return [(self._keys[number], score) for number, score in hits]

    def _label(self, key: str) -> str | None:
        return None if (known := self._by_key.get(key)) is None else known.label

    def _write(self, text: str, label: str | None) -> None:
        if self._file is None:
            self._take(text, label)
        else:
            self._file.append(text, label)
            self._read_new()

    def _read_new(self) -> None:
        for text, label in () if self._file is None else self._file.read_new():
            self._take(text, label)

    def _take(self, text: str, label: str | None) -> None:
        key = text_key(text)
        if (known := self._by_key.pop(key, None)) is not None:
            self._counts[known.label] -= 1
        if label is None:
            return
        self._by_key[key] = Example(text, label)
        self._counts[label] += 1
        if key not in self._numbers:
            self._numbers[key] = self._index.add(text)
            self._keys.append(key)
