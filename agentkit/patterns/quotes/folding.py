"""Folding of texts for comparison: white space, quotation marks, dashes, ligatures, soft hyphens and hyphenation.

Two rules for this file: a fold never changes a letter, a digit, a sign before a number, or the order of words; and
every position of the folded text leads back to its place in the original.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from bisect import bisect_right
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import lru_cache
from threading import Lock

_DOUBLE_MARKS = "\u201c\u201d\u201e\u201f\u00ab\u00bb\uff02\u2033\u301d\u301e"
_SINGLE_MARKS = "\u2018\u2019\u201a\u201b\u2039\u203a\u00b4\u02bc\u2032\uff07`"
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
_INVISIBLE = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
_UNSENDABLE = "".join(map(chr, (*range(9), *range(0x0E, 0x1C), *range(0x7F, 0x85), *range(0x86, 0xA0))))
"""Control characters, which requests and replies may lose or replace by U+FFFD, as halves of surrogate pairs."""
QUOTATION_MARKS = f"\"'{_DOUBLE_MARKS}{_SINGLE_MARKS}"
"""All characters that stand around a quotation."""

_LIGATURES = {chr(code): unicodedata.normalize("NFKC", chr(code)) for code in range(0xFB00, 0xFB07)}
_CHARACTERS = str.maketrans(
    {
        **dict.fromkeys(_DOUBLE_MARKS, '"'),
        **dict.fromkeys(_SINGLE_MARKS, "'"),
        **dict.fromkeys(_DASHES, "-"),
        **dict.fromkeys(_INVISIBLE, ""),
        **dict.fromkeys((*_UNSENDABLE, *map(chr, range(0xD800, 0xE000))), "\ufffd"),
        "\u2026": "...",
    }
)
_FOLDABLE = rf"\s\"'\-\u2026{_DOUBLE_MARKS}{_SINGLE_MARKS}{_DASHES}{_INVISIBLE}{re.escape(_UNSENDABLE)}\ud800-\udfff"
_SITE = re.compile(  # a single space and a single apostrophe are what they fold to, and by far the most frequent
    rf"[{''.join(_LIGATURES)}]|.[\u0300-\u036f]+|(?![ '])[{_FOLDABLE}][{_FOLDABLE}]*|[ '][{_FOLDABLE}]+"
)
_DASH_GROUP = re.compile(r"( ?)(-+)( ?)")
_PAGE_MARK = re.compile(r"\[Page \d+\]")
"""A line that stands between the pages of a PDF's text; a sentence may go on behind it."""
_PAGED_SITE = re.compile(rf"[{_FOLDABLE}]*\n\[Page \d+\]\n[{_FOLDABLE}]*|{_SITE.pattern}")
_JOINT = re.compile(r"-+ ?| -+ ")
_SOFT_JOINT = re.compile(r"\u00ad\s+")
"""A soft hyphen that became visible, at the end of a line."""
_MAX_KEPT_CHARS = 24_000_000
"""Characters of all texts whose folded form is kept for the next quote."""


@dataclass(frozen=True, slots=True)
class FoldedText:
    """A folded text, with the places where it differs from the original."""

    text: str
    """The folded text."""
    _starts: array[int] = field(repr=False)
    """The start of each difference in the folded text; its other three ends have the same index."""
    _ends: array[int] = field(repr=False)
    _original_starts: array[int] = field(repr=False)
    _original_ends: array[int] = field(repr=False)

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """Return the span of the original from which a span of the folded text comes."""
        return self._original_start(start), self._original_end(end)

    def _original_start(self, at: int) -> int:
        index = bisect_right(self._starts, at) - 1
        if index < 0:
            return at
        if at < self._ends[index]:
            return self._original_starts[index]
        return self._original_ends[index] + at - self._ends[index]

    def _original_end(self, at: int) -> int:
        """Return the end in the original of the character before `at`; removed ones behind it are left out."""
        index = bisect_right(self._starts, at - 1) - 1
        if index < 0:
            return at
        if at <= self._ends[index]:
            return self._original_ends[index]
        return self._original_ends[index] + at - self._ends[index]


def fold_text(text: str) -> FoldedText:
    """Fold a text, and keep the places where the folded text differs."""
    parts: list[str] = []
    starts, ends, original_starts, original_ends = (array("Q") for _ in range(4))
    at = length = 0
    is_paged = text.startswith("[Page 1]\n")
    for site in (_PAGED_SITE if is_paged else _SITE).finditer(text):
        start, end = site.span()
        run = _PAGE_MARK.sub("", site[0]) if is_paged else site[0]
        folded = _fold_site(run, text[start - 1 : start], text[end : end + 1])
        if folded == site[0]:
            continue
        parts += (text[at:start], folded)
        length += start - at
        starts.append(length)
        length += len(folded)
        ends.append(length)
        original_starts.append(start)
        original_ends.append(end)
        at = end
    parts.append(text[at:])
    return FoldedText("".join(parts), starts, ends, original_starts, original_ends)


@lru_cache(maxsize=20_000)
def _fold_site(run: str, before: str, after: str) -> str:
    """Return what a site folds to, between the character before it and the one after it (empty: none)."""
    if run[0] in _LIGATURES:
        return _LIGATURES[run[0]]
    if unicodedata.combining(run[-1]):
        return unicodedata.normalize("NFC", run)
    plain = re.sub(r"\s+", " ", run.translate(_CHARACTERS))  # first, since the rules below look back over spaces
    if before.isalpha() and after.isalpha():
        if _SOFT_JOINT.fullmatch(run):
            return ""
        if _JOINT.fullmatch(plain):  # a hyphen, hyphenation, or a dash between two words
            return "-" if _joins_names(plain, before, after) else ""
    plain = _DASH_GROUP.sub(lambda group: _fold_dashes(group, before), plain)
    plain = plain.replace("''", '"')
    marks = [
        "'" if char == '"' and not (place == 0 and before.isdigit()) else char  # 5" is another length than 5'
        for place, char in enumerate(plain)
    ]
    return "".join(marks)


def _joins_names(joint: str, before: str, after: str) -> bool:
    """Return True for the hyphen of `Type A-B`, which is not `Type AB`: no word is broken before a capital letter.

    Those in capitals are: there a hyphen at the end of a line is hyphenation.
    """
    return after.isupper() and not (before.isupper() and joint.strip(" ") + " " == joint)


def _fold_dashes(group: re.Match[str], before: str) -> str:
    """Fold a dash: spaces on both sides of it go, and a sign or an option behind a space stays as it is."""
    left, dashes, right = group.groups()
    if left and right:
        return "-"
    is_first = group.start(2) == 0 and not before.isalnum()
    if right or not (left or is_first):
        return f"{left}-{right}"
    return f"{left}{dashes}"


class _KeptTexts:
    """The folded forms of the texts that were searched last, up to a number of characters."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: OrderedDict[str, FoldedText] = OrderedDict()
        self._chars = 0

    def folded(self, text: str) -> FoldedText:
        with self._lock:
            if (found := self._kept.get(text)) is not None:
                self._kept.move_to_end(text)
                return found
        found = fold_text(text)
        with self._lock:
            if text not in self._kept:
                self._kept[text] = found
                self._chars += len(text)
            while self._chars > _MAX_KEPT_CHARS and len(self._kept) > 1:
                self._chars -= len(self._kept.popitem(last=False)[0])
        return found


_kept_texts = _KeptTexts()


def folded(text: str) -> FoldedText:
    """Return the folded form of a text; it is kept for the next quotes of the same text."""
    return _kept_texts.folded(text)
