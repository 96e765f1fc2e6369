"""Cuts that change what a quote says: its ends stand inside of a number, a unit, a name or a negation.

A quote may begin and end at any white space, and inside of a word of lower-case letters, but for its negation; of one
or two cut words, and nothing else, it takes four letters: `e` stands in every text, and is evidence of nothing.
"""

from __future__ import annotations

import re
from functools import lru_cache

_WINDOW = 24
"""Characters on each side of an end of a quote that decide about it."""
_HYPHEN = r"[-\u2010\u2011]"
_POWER = r"\u00b2\u00b3\u00b9\u2070-\u2079\u00bc-\u00be\u2150-\u215e"
"""Exponents and fractions."""
_INNER = r".,:'\u2019_^/\u00a0\u202f\u2009\-\u2010\u2011\u2013"
"""Characters that stand between the digits of one number, date or time."""

_NEGATING_PREFIX = re.compile(rf"(?i)(?<![^\W\d_])(?:un|non?|n|in|im|il|ir|dis|mis|anti){_HYPHEN}?\Z")
_NEGATING_SUFFIX = re.compile(rf"(?i)(?:not|n?['\u2019]t|{_HYPHEN}?less|{_HYPHEN}?free|out)\b")
_NEGATION_AT_END = re.compile(r"(?i)(?<![^\W\d_])(?:not?|nor|non|un)\Z")
"""A negation that is none where the word goes on: `not` of `notice`."""
_NUMBER_BEFORE = re.compile(
    rf"(?:\d[{_INNER}]?|\d\s/|(?<!\w)[-+\u2212\u2013\u00b1]|\w[-\u2010\u2011\u2013]|[.,^<\u2264\u2265\u2248~]"
    rf"|[$\u20ac\u00a3\u00a5])\Z"
)
"""The end of what stands before a digit that is no beginning of a number: the rest of it, its sign or its currency."""
_NUMBER_AFTER = re.compile(
    rf"[{_INNER}]?\d|\^|[{_POWER}]|[\u00a0\u202f]?[%\u2030\u00b0$\u20ac\u00a3\u00a5]|{_HYPHEN}[^\W\d_]"
)
"""The beginning of what stands behind a digit that is no end of a number: the rest of it, or its unit."""
_INNER_CUT = re.compile(rf"\d[{_INNER}]\Z")
_INNER_AT_START = re.compile(rf"[{_INNER}]\d")
_UNIT_AT_END = re.compile(r"\d[\s\u00a0\u202f]?[^\W\d_]{1,12}\Z")
_UNIT_GOES_ON = re.compile(rf"[{_POWER}^]|/[^\W\d_]")
_LETTERS_AT_END = re.compile(r"[^\W\d_]+\Z")
_LETTERS = re.compile(r"[^\W\d_]+")
_WORDS = re.compile(r"\w+")
_MIN_PART_LETTERS = 4
_PART_OF_NAME = re.compile(rf"{_HYPHEN}\d|{_HYPHEN}[^\W\d_]")


def cuts_meaning(text: str, start: int, end: int) -> bool:
    """Return True if a span cuts a number, a unit, a name or a negation in two, or has but a few letters of words."""
    return _are_cuts(
        text[max(0, start - _WINDOW) : start],
        text[start : min(end, start + _WINDOW)],
        text[max(start, end - _WINDOW) : end],
        text[end : end + _WINDOW],
    )


@lru_cache(maxsize=4_096)
def _are_cuts(before: str, head: str, tail: str, after: str) -> bool:
    return _is_cut_before(before, head) or _is_cut_after(tail, after) or _is_scrap(before, head, after)


def _is_cut_before(before: str, head: str) -> bool:
    first, last = head[:1], before[-1:]
    if first.isdigit() or first in "\u00bc\u00bd\u00be":
        return _NUMBER_BEFORE.search(before) is not None or _has_case(last)
    if last.isdigit() and (_INNER_AT_START.match(head) or _has_case(first)):
        return True
    if first in "$\u20ac\u00a3\u00a5":
        return last.isupper()  # another dollar
    if not first.isalpha():
        return False
    if _NEGATING_PREFIX.search(before):
        return True
    return last.isalpha() and (_UNIT_AT_END.search(before) is not None or _is_in_name(before, head))


def _is_cut_after(tail: str, after: str) -> bool:
    last, first = tail[-1:], after[:1]
    if last.isdigit():
        return _NUMBER_AFTER.match(after) is not None or _has_case(first)
    if first.isdigit() and (_INNER_CUT.search(tail) or _has_case(last)):
        return True
    if last in "'\u2032" and first == last and tail[-2:-1].isdigit():  # a single prime of two
        return True
    if not last.isalpha():
        return False
    if _NEGATING_SUFFIX.match(after):
        return True
    is_unit = _UNIT_AT_END.search(tail) is not None
    if first.isalpha():
        return is_unit or _NEGATION_AT_END.search(tail) is not None or _is_in_name(tail, after)
    return (is_unit and _UNIT_GOES_ON.match(after) is not None) or _is_hyphenated_name(tail, after)


def _is_scrap(before: str, quote: str, after: str) -> bool:
    """Return True for a few letters without a whole word: `e` of `the`, and `n o` of `on our`."""
    is_first_cut = _has_case(before[-1:]) and _has_case(quote[:1])
    is_last_cut = _has_case(quote[-1:]) and _has_case(after[:1])
    if len(quote) == _WINDOW or not (is_first_cut or is_last_cut):
        return False
    words = _WORDS.findall(quote)
    return not words[is_first_cut : len(words) - is_last_cut] and sum(map(len, words)) < _MIN_PART_LETTERS


def _is_in_name(left: str, right: str) -> bool:
    """Return True if the word on both sides of a cut is a name: it has a capital letter."""
    ending, beginning = _LETTERS_AT_END.search(left), _LETTERS.match(right)
    return any(char.isupper() for part in (ending, beginning) if part for char in part[0])


def _is_hyphenated_name(left: str, right: str) -> bool:
    """Return True for a cut behind `Form W` of `Form W-2`, and behind the first half of a name of two."""
    ending = _LETTERS_AT_END.search(left)
    is_name = ending is not None and ending[0][0].isupper()
    return is_name and _PART_OF_NAME.match(right) is not None and not right[1:2].islower()


def _has_case(char: str) -> bool:
    """Return True for a letter of a script that has small and capital ones, and white space between its words."""
    return char.lower() != char.upper()
