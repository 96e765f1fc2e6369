"""The examples that are nearest to a text and fit under a limit of tokens; never the very text that is asked about."""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import chain

from agentkit.errors import UsageError
from agentkit.patterns.few_shot.demonstration import Demonstration, clean_text
from agentkit.patterns.few_shot.rendering import AROUND_BYTES, example_sizes
from agentkit.patterns.nearest import NearestTexts
from agentkit.patterns.reading.packing import BYTES_PER_TOKEN
from agentkit.patterns.texts import text_key
from agentkit.retrieval.embeddings import Embedder

_SPARE_HITS = 20
"""Examples that are ranked beyond as many as fit on average; those behind them follow in their own order."""
_QUERY_TERMS = 40
"""The most words by which a text is compared with examples: of thousands, few say what it is about."""
_QUOTED_CHARS = 40
"""From this length on, an input inside of the text asked about is taken for the very same one."""


class NothingFits(UsageError):
    """Not even the smallest example fits under the limit of tokens."""


class ExampleIndex:
    """The index of some examples. It may be used from several threads.

    Args:
        demonstrations: The examples.
        embedder: Finds the nearest by meaning. None: by their words.
    """

    def __init__(self, demonstrations: Sequence[Demonstration], embedder: Embedder | None) -> None:
        self._demonstrations = demonstrations
        self._sizes = example_sizes(demonstrations)
        self._smallest = min(self._sizes, default=0)
        self._mean_size = sum(self._sizes) / max(1, len(self._sizes)) or 1
        self._texts = NearestTexts(embedder)
        self._lock = threading.Lock()
        for one in demonstrations:
            self._texts.add(one.input or one.output)
        self._texts.index_new_texts()

    def select(self, text: str, tokens: int | None, most: int | None) -> list[Demonstration]:
        """Return the examples that fit, the nearest last, next to what follows them.

        Args:
            text: The text asked about.
            tokens: The most tokens of their text. None: no limit.
            most: The most examples. None: no limit.

        Raises:
            NothingFits: Not even the smallest example fits.
        """
        room = math.inf if tokens is None else int((tokens - 1) * BYTES_PER_TOKEN) - AROUND_BYTES
        if self._sizes and room < self._smallest:
            needed = math.ceil((self._smallest + AROUND_BYTES) / BYTES_PER_TOKEN) + 1
            raise NothingFits(
                f"No example fits into tokens={tokens}: the smallest of these {len(self._sizes)} needs tokens={needed}."
            )
        left = math.inf if most is None else most
        chosen: list[Demonstration] = []
        text = clean_text(text)  # as examples are, so that the very same text is known
        key = _key(text)
        for number in self._ranked(text, min(left, room / self._mean_size)):
            size, one = self._sizes[number], self._demonstrations[number]
            if size > room or _is_same(one, key):
                continue
            chosen.append(one)
            room, left = room - size, left - 1
            if not left or room < self._smallest:
                break
        return chosen[::-1]

    def _ranked(self, text: str, wanted: float) -> Iterator[int]:
        """Yield the numbers of all examples, the nearest first, as far as about so many are wanted."""
        limit = int(min(len(self._sizes), wanted + _SPARE_HITS))
        with self._lock:
            hits = [number for number, _ in self._texts.search(text, limit, most_terms=_QUERY_TERMS)]
        found = {*hits}
        rest: Iterable[int] = (number for number in range(len(self._sizes)) if number not in found)
        return chain(hits, rest)


def _is_same(one: Demonstration, key: str) -> bool:
    """True for an example of the very text with this key, which would give its answer away."""
    own = _key(one.input or one.output)
    return own == key or (len(own) >= _QUOTED_CHARS and own in key) or _key(one.output) == key


def _key(text: str) -> str:
    """Return the key of a text; of a JSON object, that of all texts with the same fields, in whatever order."""
    if text.startswith("{"):
        with suppress(ValueError, RecursionError):
            text = json.dumps(json.loads(text), sort_keys=True, ensure_ascii=False)
    return text_key(text)
