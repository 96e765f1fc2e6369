"""Find the known word that a misspelled one was meant to be: "did you mean ...?", and corrections that are certain."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

_MIN_CHARS = 4
_MIN_CHARS_SWAPPED = 3
"""Shorter words are not corrected, as one typo makes another word: `cat` for `bat`, or `on` for `no` by swapping."""
_SEPARATORS = re.compile(r"[-_.\s]")


def nearest_word(word: str, words: Sequence[str]) -> str | None:
    """Return the nearest known word for a "did you mean ...?". None: none is near."""
    for known in words:
        if _normalized_letters(known) == _normalized_letters(word):
            return known
    close = difflib.get_close_matches(word, words, n=1)
    return close[0] if close else None


def certain_correction(word: str, words: Sequence[str]) -> str | None:
    """Return the only known word that is one typo away, or differs only in case and separators. None: not certain."""
    if same := [known for known in words if _normalized_letters(known) == _normalized_letters(word)]:
        return same[0] if len(same) == 1 else None
    near = [known for known in words if _is_one_typo(known, word)]
    is_same_letters = len(near) == 1 and sorted(near[0]) == sorted(word)
    is_long_enough = len(word) >= (_MIN_CHARS_SWAPPED if is_same_letters else _MIN_CHARS)
    return near[0] if len(near) == 1 and is_long_enough else None


def _normalized_letters(word: str) -> str:
    return _SEPARATORS.sub("", word).casefold() or word


def _is_one_typo(one: str, other: str) -> bool:
    """Return True if one letter is missing, added, wrong or swapped with its neighbour; a digit is never a typo."""
    while one and other and one[0] == other[0]:
        one, other = one[1:], other[1:]
    while one and other and one[-1] == other[-1]:
        one, other = one[:-1], other[:-1]
    is_swapped = len(one) == len(other) == 2 and one == other[::-1]
    return (one + other).isalpha() and (is_swapped or max(len(one), len(other)) == 1)
