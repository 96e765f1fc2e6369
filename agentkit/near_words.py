"""Which known word a wrong one was meant to be: a guess for the model, and when the guess is certain."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

_SHORTEST = 3
"""Below this many characters one slip makes another word (`on`, `no`)."""


def nearest(word: str, words: Sequence[str]) -> str | None:
    """The known word that is nearest, if any is near: `did you mean ...?`."""
    for known in words:
        if _letters(known) == _letters(word):
            return known
    close = difflib.get_close_matches(word, words, n=1)
    return close[0] if close else None


def certain(word: str, words: Sequence[str]) -> str | None:
    """The only known word that is one slip of the pen away, or differs in case and punctuation alone."""
    near = [known for known in words if _letters(known) == _letters(word)] or [
        known for known in words if _is_one_slip(known, word)
    ]
    return near[0] if len(near) == 1 else None


def _letters(word: str) -> str:
    return "".join(char for char in word if char.isalnum()).casefold() or word


def _is_one_slip(one: str, other: str) -> bool:
    """Whether a letter is missing, too many, wrong, or changed places with its neighbour."""
    if min(len(one), len(other)) < _SHORTEST or abs(len(one) - len(other)) > 1:
        return False
    while one and other and one[0] == other[0]:
        one, other = one[1:], other[1:]
    while one and other and one[-1] == other[-1]:
        one, other = one[:-1], other[:-1]
    return max(len(one), len(other)) <= 1 or (len(one) == len(other) == 2 and one == other[::-1])
