"""Quotes found in their documents: exactly, or after folding what typography changes, and never by altering a word.

span = find_quote("the fee is refunded", document.text)      # None: it does not stand there
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from agentkit.patterns.quotes.cuts import cuts_meaning
from agentkit.patterns.quotes.folding import QUOTATION_MARKS, fold_text, folded

_SIGNED = re.compile(r"[-\u2010-\u2015\u2212]\d")
"""A number with its sign; a dash that stands apart from it is none."""
_MEASURED = re.compile(rf"(?s)\A[^{QUOTATION_MARKS}](?:.*\d|(?<=\d))[{QUOTATION_MARKS}]\Z")
"""A mark behind a digit that closes no quotation: feet, inches, minutes."""
_BEHIND_DIGITS = re.compile(r"\D")
_BULLET = r"-*\u2010-\u2015\u2022\u2023\u2043\u25aa\u25cf\u25e6\u00b7"
_BULLETS = re.compile(rf"^(?:[{_BULLET}]\s+)+|(?<![{_BULLET}\s])(?:\s+[{_BULLET}])+$")
_ELLIPSIS = re.compile(
    r"(?<!\s)\s*(?:\[\s*(?:\.{2,}|\u2026)\s*\]|\(\s*(?:\.{2,}|\u2026)\s*\)|\.{3,}|(?:\.\s){2,}\.|\u2026)\s*"
)

_NEGATION_BEFORE = re.compile(
    r"(?i)((?:\w+\W+){1,2})(?:not|never|no|nor|cannot|without|nicht|kein\w*|nie|ohne|pas|jamais|sans|nunca|sin)\W+"
    r"(?:\w+\W+)?\Z"
)
"""The end of what stands before a passage: a word, and up to three further ones, of which one is a negation."""
_MOST_LEFT_OUT_CHARS = 80

MOST_PASSAGES = 50
"""Maximum number of passages between ellipses; a quote of more is none."""
_MOST_PLACES = 20_000
"""Maximum number of places that are looked at: a quote that is cut at all of them is a sign or two."""


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
    for at in _places(bare, text):
        if not cuts_meaning(text, at, at + len(bare)):
            return Span(at, at + len(bare), bare)
    source = folded(text)
    for needle in _folded_forms(bare):
        is_signed, marks = _SIGNED.match(needle) is not None, _marks_around(needle)
        for at in _places(needle, source.text):
            start, end = _trimmed(text, *source.original_span(at, at + len(needle)), *marks)
            is_other_sign = is_signed and _SIGNED.match(text, start) is None
            if not (is_other_sign or cuts_meaning(text, start, end)):
                return Span(start, end, text[start:end])
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


def leaves_negation_out(passages: Sequence[str], span: Span, text: str) -> bool:
    """Return True if the ellipsis before a passage stands for a negation: `it is ... refundable` of `it is not`.

    Args:
        passages: All passages of the quote.
        span: The place of one of them in the text.
        text: The text.
    """
    found = _NEGATION_BEFORE.search(text[max(0, span.start - _MOST_LEFT_OUT_CHARS) : span.start])
    if found is None:
        return False
    words = {word.casefold() for word in re.findall(r"\w+", found[1])}
    return any(re.findall(r"\w+", passage)[-1].casefold() in words for passage in passages)


def _places(quote: str, text: str) -> Iterator[int]:
    """Yield the places of a quote in a text, but for those in the middle of the digits of a number."""
    begins_with_digit = quote[0].isdecimal()
    at, count = text.find(quote), 0
    while at >= 0 and count < _MOST_PLACES:
        if begins_with_digit and text[at - 1 : at].isdecimal():
            behind = _BEHIND_DIGITS.search(text, at)
            at = -1 if behind is None else text.find(quote, behind.start())
            continue
        yield at
        count += 1
        at = text.find(quote, at + 1)


@lru_cache(maxsize=20_000)
def _folded_forms(quote: str) -> tuple[str, ...]:
    """Return the folded quote as it is, without quotation marks around it, and without bullets at its ends."""
    bare = (quote.lstrip if _MEASURED.search(quote) else quote.strip)(QUOTATION_MARKS).strip()
    forms = (fold_text(form).text.strip() for form in (quote, bare, _BULLETS.sub("", bare)))
    return tuple(dict.fromkeys(form for form in forms if any(map(str.isalnum, form))))


def _marks_around(needle: str) -> tuple[int, int]:
    """Return how many marks stand before the first word of a folded quote, and behind its last one."""
    first = next(place for place, char in enumerate(needle) if char.isalnum())
    last = next(place for place in range(len(needle) - 1, -1, -1) if needle[place].isalnum())
    return len(needle[:first].replace(" ", "")), len(needle[last + 1 :].replace(" ", ""))


def _trimmed(text: str, start: int, end: int, marks_before: int, marks_behind: int) -> tuple[int, int]:
    """Return the span without the marks and spaces at its ends that folded together with those of the quote."""
    first = next(place for place in range(start, end) if text[place].isalnum())
    last = next(place for place in range(end - 1, start - 1, -1) if text[place].isalnum())
    for _ in range(marks_before):
        first = next((place for place in range(first - 1, start - 1, -1) if not text[place].isspace()), first)
    for _ in range(marks_behind):
        last = next((place for place in range(last + 1, end) if not text[place].isspace()), last)
    return first, last + 1
