"""Quotes found in their documents: exactly, or after folding what typography changes, and never by altering a word.

span = find_quote("the fee is refunded", document.text)      # None: it does not stand there
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from agentkit.patterns.quotes.folding import QUOTATION_MARKS, fold_text, folded

_NEGATING_PREFIX = re.compile(r"(?i)(?<![^\W\d_])(?:un|non?|n|in|im|il|ir|dis|mis|anti)-?\Z")
_NEGATING_SUFFIX = re.compile(r"(?i)(?:not|n?['\u2019]t|-?less|-?free|out)\b")
_NEGATION_AT_END = re.compile(r"(?i)(?<![^\W\d_])(?:not?|nor|non|un)\Z")
"""A negation that is none where the word goes on: `not` of `notice`."""
_NUMBER_BEFORE = re.compile(
    r"(?:\d[\u00a0\u202f]?|\d\s?/|(?<!\w)[-+\u2212\u2013\u00b1]|\w[-\u2010\u2011\u2013]|[.,$\u20ac\u00a3\u00a5])\Z"
)
"""The end of what stands before a digit that is no beginning of a number: the rest of it, its sign or its currency."""
_NUMBER_AFTER = re.compile(r"[.,\u00a0\u202f/]?\d|[\u00a0\u202f]?[%\u2030\u00b0$\u20ac\u00a3\u00a5]")
"""The beginning of what stands behind a digit that is no end of a number: the rest of it, or its unit."""
_SIGNED = re.compile(r"[-\u2010-\u2015\u2212]\d")
"""A number with its sign; a dash that stands apart from it is none."""
_UNIT_BEFORE_CUT = re.compile(r"\d[\s\u00a0\u202f]?[^\W\d_]{1,12}\Z")
_BULLET = r"-*\u2010-\u2015\u2022\u2023\u2043\u25aa\u25cf\u25e6\u00b7"
_BULLETS = re.compile(rf"^(?:[{_BULLET}]\s+)+|(?<![{_BULLET}\s])(?:\s+[{_BULLET}])+$")
_ELLIPSIS = re.compile(
    r"(?<!\s)\s*(?:\[\s*(?:\.{2,}|\u2026)\s*\]|\(\s*(?:\.{2,}|\u2026)\s*\)|\.{3,}|(?:\.\s){2,}\.|\u2026)\s*"
)


MOST_PASSAGES = 50
"""Maximum number of passages between ellipses; a quote of more is none."""


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a text."""

    start: int
    """Its beginning, in characters from the start of the text."""
    end: int
    """Its end, in characters from the start of the text."""
    text: str
    """The exact characters between the two."""


def find_quote(quote: str, text: str) -> Span | None:
    """Return the span of a text where a quote stands. None: it does not stand there.

    It is found exactly, or after folding white space, quotation marks (also around it), dashes, ligatures, soft hyphens
    and hyphenation. Words, digits, units and their order have to be the same, and the quote may not begin or end inside
    of a number, or cut off a negation (`able` is no quote from `unable`).

    Args:
        quote: One passage. A quote with an ellipsis is two passages: see `split_quote`.
        text: The text to search.
    """
    bare = quote.strip()
    if not any(map(str.isalnum, bare)):
        return None
    if (span := _find(bare, text)) is not None:
        return span
    source = folded(text)
    for needle in _folded_forms(bare):
        at = source.text.find(needle)
        while at >= 0:
            start, end = _trimmed(text, *source.original_span(at, at + len(needle)), needle)
            is_other_sign = _SIGNED.match(needle) is not None and _SIGNED.match(text, start) is None
            if not (is_other_sign or _cuts_meaning(text, start, end)):
                return Span(start, end, text[start:end])
            at = source.text.find(needle, at + 1)
    return None


def split_quote(quote: str) -> list[str]:
    """Return the passages of a quote: the parts between its ellipses (`...`, `[...]`), each of which stands alone.

    Args:
        quote: The quote, with any ellipses.
    """
    parts = _ELLIPSIS.split(quote.strip())
    if len(parts) > 1:  # the marks around the whole are on the first and the last part
        parts = [part.strip(QUOTATION_MARKS) for part in parts]
    return [part for part in parts if any(map(str.isalnum, part))]


def find_passages(quote: str, text: str) -> list[tuple[str, Span | None]]:
    """Return a quote with its span where the whole of it stands, ellipses included; else each passage with its own."""
    if (whole := find_quote(quote, text)) is not None:
        return [(quote, whole)]
    parts = split_quote(quote)
    if len(parts) > MOST_PASSAGES:
        return [(quote, None)]
    return [(part, find_quote(part, text)) for part in parts]


def _find(quote: str, text: str) -> Span | None:
    at = text.find(quote)
    while at >= 0:
        if not _cuts_meaning(text, at, at + len(quote)):
            return Span(at, at + len(quote), quote)
        at = text.find(quote, at + 1)
    return None


@lru_cache(maxsize=20_000)
def _folded_forms(quote: str) -> tuple[str, ...]:
    """Return the folded quote as it is, without quotation marks around it, and without bullets at its ends."""
    bare = quote.strip(QUOTATION_MARKS).strip()
    forms = (fold_text(form).text.strip() for form in (quote, bare, _BULLETS.sub("", bare)))
    return tuple(dict.fromkeys(form for form in forms if any(map(str.isalnum, form))))


def _trimmed(text: str, start: int, end: int, needle: str) -> tuple[int, int]:
    """Return the span without the marks and spaces at its ends that folded together with those of the needle."""
    words = [place for place, char in enumerate(needle) if char.isalnum()]
    head, tail = needle[: words[0]], needle[words[-1] + 1 :]
    first = next(place for place in range(start, end) if text[place].isalnum())
    last = next(place for place in range(end - 1, start - 1, -1) if text[place].isalnum())
    for _ in head.replace(" ", ""):
        first = next((place for place in range(first - 1, start - 1, -1) if not text[place].isspace()), first)
    for _ in tail.replace(" ", ""):
        last = next((place for place in range(last + 1, end) if not text[place].isspace()), last)
    return first, last + 1


def _cuts_meaning(text: str, start: int, end: int) -> bool:
    """Return True if a span begins or ends inside of a number, or leaves out the rest of a negation or a unit."""
    before, after = text[max(0, start - 24) : start], text[end : end + 8]
    first, last = text[start : start + 1], text[end - 1 : end]
    if first.isdigit() and _NUMBER_BEFORE.search(before):
        return True
    if last.isdigit() and _NUMBER_AFTER.match(after):
        return True
    if first.isalpha() and _NEGATING_PREFIX.search(before):
        return True
    if first.isalpha() and before[-1:].isalpha() and _UNIT_BEFORE_CUT.search(before):
        return True
    if last.isalpha() and _NEGATING_SUFFIX.match(after):
        return True
    if not (last.isalpha() and after[:1].isalpha()):
        return False
    tail = text[max(start, end - 16) : end]
    return _UNIT_BEFORE_CUT.search(tail) is not None or _NEGATION_AT_END.search(tail) is not None
