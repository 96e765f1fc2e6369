"""Banners at the top of mails, such as a company's warning of external senders: each stands once in a thread."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import takewhile

_WORD = re.compile(r"\w+")
_MARKED = re.compile(r"\s*(?:\[.*\]|([*=#!_-])\1\1.*\1\1\1)\s*")
"""A line between marks, as in `[EXTERNAL]` or `*** Caution ***`."""
_MOST_LINES = 12
_MIN_WORDS = 8
"""Words from which on a repeated line, or paragraph, is taken for a banner; shorter ones people write again."""


_SENTENCE = re.compile(r".*[.!?,:;]\s*")
"""A line that ends as sentences, greetings and their parts do."""


class SeenBanners:
    """The first lines of the earlier messages of a thread."""

    def __init__(self) -> None:
        self._beginnings: set[tuple[str, ...]] = set()
        self._common: list[str] | None = None
        """The first lines of all messages; None before the first."""

    def without_banner(self, text: str) -> str:
        """Return a text without the banner that an earlier one begins with as well, and note how it begins itself."""
        lines = text.splitlines(keepends=True)[:_MOST_LINES]
        bare = [" ".join(_WORD.findall(line.casefold())) for line in lines]
        beginnings = [tuple(bare[:count]) for count in range(1, len(bare) + 1)]
        repeated = sum(one in self._beginnings for one in beginnings)  # with a beginning, all shorter ones are there
        common = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(bare, self._common or (), strict=False)))
        self._common = bare if self._common is None else self._common[:common]
        self._beginnings.update(beginnings)
        return text[sum(map(len, lines[: _banner_lines(lines[:repeated], common)])) :]


def _banner_lines(repeated: Sequence[str], common: int) -> int:
    """Return how many of the lines that are repeated are a banner, rather than an answer that is given again.

    Args:
        repeated: Lines that one earlier message begins with.
        common: How many of them all earlier messages begin with.
    """
    end = start = 0
    for place, line in enumerate(repeated):
        words = _WORD.findall(line)
        above = repeated[start:place]
        is_long = len(words or _WORD.findall(" ".join(above))) >= _MIN_WORDS
        is_label = not words and len(above) == 1 and place < common and _is_label(above[0])
        if is_long or is_label or (words and _MARKED.fullmatch(line)):
            end = place + 1
        start = start if words else place + 1
    return end


def _is_label(line: str) -> bool:
    """Return True for words that are no sentence, as the class of a mail: `Internal Use Only`."""
    return len(_WORD.findall(line)) > 1 and not _SENTENCE.fullmatch(line)
