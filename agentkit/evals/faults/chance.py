"""Chance that depends on what happens, not on when: the same event of the same trial has the same luck."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator

_BYTES = 8


class Chance:
    """Draws numbers from 0 to 1, each from the names of the event and how often it has come.

    Args:
        names: What the trial is known by: the seed, the task, the number of the try.
    """

    def __init__(self, *names: object) -> None:
        self._names = names
        self._seen = Counter[str]()

    def draw(self, *event: str) -> Iterator[float]:
        """Return independent numbers for the next occurrence of an event.

        Args:
            event: What the event is known by.
        """
        text = "\0".join([*map(str, self._names), *event])
        self._seen[text] += 1
        return self._numbers(f"{text}\0{self._seen[text]}")

    def times(self, *event: str) -> int:
        """Return how often an event was drawn for.

        Args:
            event: What the event is known by.
        """
        return self._seen["\0".join([*map(str, self._names), *event])]

    def _numbers(self, text: str) -> Iterator[float]:
        number = 0
        while True:
            digest = hashlib.sha256(f"{text}\0{number}".encode(errors="replace")).digest()
            yield int.from_bytes(digest[:_BYTES]) / 2 ** (8 * _BYTES)
            number += 1
