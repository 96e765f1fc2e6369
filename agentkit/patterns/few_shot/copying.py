"""The share of a text that is copied from examples, by n-grams of words, and the passages themselves.

N-grams that two texts share tell copying from likeness: GPT-2's report counts shared 8-grams (Radford et al., 2019,
section 4), GPT-3's 13-grams (Brown et al., 2020, appendix C); RAVEN finds that models are as new as people from 5-grams
on, and now and then copy passages of a thousand words (McCoy et al., 2021). Words are compared without case, accents,
punctuation and line breaks; in scripts without spaces, a character is a word.

Each word of the text gets a character of its own, so that a passage is a string, and n-grams are compared in C.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import repeat

from agentkit.patterns.few_shot.demonstration import Demonstration

NGRAM_WORDS = 8
"""Words of an n-gram: phrases that everybody uses are shorter."""
_MOST_SOURCES = 8
"""Examples that are compared for one passage: those that have its beginning, in their order."""
_NAME_CHARS = 40
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
"""Characters of scripts without spaces between words: Thai, Lao, Burmese, Khmer, Japanese, Chinese."""
_MARKS = "\u0300-\u036f\u00ad\u200b-\u200d\u2060\ufeff"
"""Accents and invisible characters inside of words."""
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+(?:[{_MARKS}]+[^\W_{_UNSPACED}]*)*")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_ASCII_FORMS: dict[int, str] = {code: chr(code).lower() if chr(code).isalnum() else " " for code in range(128)}
"""Small letters, and spaces for all that is in no word."""
_UNSPACED_CHAR = re.compile(f"[{_UNSPACED}]")
_NO_MARKS = re.compile(f"[{_MARKS}]+")
_OTHER = "\0"
"""The character of all words that the text does not have."""


@dataclass(frozen=True, slots=True)
class CopiedPassage:
    """A passage of a text that stands word for word in an example."""

    text: str
    """The passage, as it stands in the text."""
    start: int
    """The place of its first character in the text."""
    end: int
    """The place behind its last character."""
    words: int
    """The number of its words."""
    example: str
    """The name of the example, or its first words."""


@dataclass(frozen=True, slots=True)
class CopyCheck:
    """The n-grams of a text that stand in examples, too."""

    ngrams: int
    """The n-grams of the text."""
    copied: int
    """Those that stand in an example."""
    passages: tuple[CopiedPassage, ...] = ()
    """The copied passages, the longest first; those of different examples may overlap."""

    @property
    def share(self) -> float:
        """The share of the n-grams that are copied, 0 to 1."""
        return self.copied / self.ngrams if self.ngrams else 0.0

    @property
    def longest(self) -> CopiedPassage | None:
        """The longest copied passage. None: there is none."""
        return self.passages[0] if self.passages else None


def check_copying(
    text: str, examples: Iterable[Demonstration], *, n: int = NGRAM_WORDS, allowed: str = ""
) -> CopyCheck:
    """Return what a text has copied from examples, from their inputs as well as from their outputs.

    Args:
        text: The text. One of fewer than `n` words is a single n-gram.
        examples: The examples.
        n: The number of words in an n-gram, at least one.
        allowed: A text that may be quoted, such as the task: its n-grams are not counted as copied.
    """
    spans = [found.span() for found in _WORD.finditer(text)]
    codes = _WordCodes()
    coded = "".join([codes.add(text[start:end]) for start, end in spans])
    n = min(n, len(coded))
    if not coded:
        return CopyCheck(0, 0)
    grams = _ngrams(coded, n)
    wanted = {*grams}.difference(_shared(codes.encode(allowed), n))
    sources: dict[str, list[int]] = {}
    encoded: list[str] = []
    names: list[str] = []
    for one in examples:
        code = f"{codes.encode(one.output)}{_OTHER}{codes.encode(one.input)}"
        found = wanted.intersection(_shared(code, n))
        for gram in found:
            sources.setdefault(gram, []).append(len(encoded))
        if found:
            encoded.append(code)
            names.append(one.name or " ".join(one.output[:_NAME_CHARS].split()))
    is_copied = [gram in sources for gram in grams]
    passages: list[CopiedPassage] = []
    for first, last, source in _passages(coded, grams, sources, encoded, n):
        start, end = spans[first][0], spans[last][1]
        passages.append(CopiedPassage(text[start:end], start, end, last - first + 1, names[source]))
    passages.sort(key=lambda one: (-one.words, one.start))
    return CopyCheck(len(grams), sum(is_copied), tuple(passages))


def _passages(
    coded: str, grams: Sequence[str], sources: dict[str, list[int]], encoded: Sequence[str], n: int
) -> Iterator[tuple[int, int, int]]:
    """Yield first word, last word and example of each copied passage, as long as one example has it."""
    at = 0
    while at < len(grams):
        if grams[at] not in sources:
            at += 1
            continue
        found = ((*_common_span(coded, at, at + n, encoded[one]), one) for one in sources[grams[at]][:_MOST_SOURCES])
        first, end, source = max(found, key=lambda one: (one[1] - one[0], -one[2]))
        yield first, end - 1, source
        at = end - n + 1


def _common_span(coded: str, first: int, end: int, other: str) -> tuple[int, int]:
    """Return the longest span around one, all of whose words the other text has in one piece, as it has those."""
    end += _most(len(coded) - end, lambda more: coded[first : end + more] in other)
    first -= _most(first, lambda more: coded[first - more : end] in other)
    return first, end


def _most(limit: int, holds: Callable[[int], bool]) -> int:
    """Return the largest number up to a limit for which something holds that holds for all smaller ones, too."""
    known, step = 0, 1
    while known + step <= limit and holds(known + step):
        known, step = known + step, step * 2
    while step:
        if known + step <= limit and holds(known + step):
            known += step
        step //= 2
    return known


def _ngrams(coded: str, n: int) -> list[str]:
    return [coded[at : at + n] for at in range(len(coded) - n + 1)]


def _shared(coded: str, n: int) -> Iterator[str]:
    """Yield the n-grams without a word that the text lacks."""
    for piece in coded.split(_OTHER):
        if len(piece) >= n:
            yield from _ngrams(piece, n)


class _WordCodes:
    """A character for each word of a text, and another one for all other words."""

    def __init__(self) -> None:
        self._by_folded: dict[str, str] = {}

    def add(self, word: str) -> str:
        """Return the character of a word of the text."""
        return self._by_folded.setdefault(_fold(word), chr(len(self._by_folded) + 1))

    def encode(self, text: str) -> str:
        """Return the words of another text as their characters."""
        return "".join(map(self._by_folded.get, split_words(text), repeat(_OTHER)))


def split_words(text: str) -> list[str]:
    """Return the words that `_WORD` finds, folded, in a fraction of its time."""
    others = {ord(char): _form_of(char) for char in {*_NOT_ASCII.findall(text)}}
    words = text.translate({**_ASCII_FORMS, **others} if others else _ASCII_FORMS).split()
    if not any(form.strip() for form in others.values()):  # no letters, but typographic marks
        return words
    folded = {word: _fold(word) for word in {*words} if not word.isascii()}
    return [folded.get(word, word) for word in words]


@lru_cache(maxsize=20_000)
def _form_of(char: str) -> str:
    if _NO_MARKS.match(char):
        return ""
    if _UNSPACED_CHAR.match(char):
        return f" {char} "
    return char if char.isalnum() else " "


def _fold(word: str) -> str:
    if word.isascii():
        return word.lower()
    plain = unicodedata.normalize("NFKD", _NO_MARKS.sub("", word).casefold())
    return _NO_MARKS.sub("", plain)
