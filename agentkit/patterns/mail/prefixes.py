"""The forms under which words with one beginning stand in the index, which knows words by their English stems.

The stem of a word may be shorter than the beginning that is looked for: `operat` begins `operation`, whose stem is
`oper`. And a beginning must not be shortened itself: `bus` is no plural of `bu`.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from functools import lru_cache

from agentkit.patterns.mail.tables import TOKENIZER

_ENDINGS = re.findall(
    r"\w+",
    "ability able al alism ality alization alize ally ance ancy ant ate ation ative ator ed ement ence ency ent er es "
    "ful fully fulness ibility ible ic ical ication icity ied ies ing ion ional ism ity ive iveness ivity ization ize "
    "ly ment ness ous ously ousness s y",
)
"""Endings of English words that a stem is without, or has in another form."""
_WORD = re.compile("[a-z]{2,60}")
_FOLLOWING = "abcdefghijklmnopqrstuvwxyz0123456789"


@lru_cache(maxsize=1_000)
def forms_of_prefix(prefix: str) -> tuple[str, ...]:
    """Return the strings of FTS5 that together match the words with a beginning, between quotation marks."""
    word = prefix.strip().lower()
    if not _WORD.fullmatch(word):
        return (f'"{prefix}"*',)
    stems = _stems_of({word, *(word + char for char in _FOLLOWING), *_endings_of(word)})
    forms = {word: f'"{word}"*'} if stems[word] == word else dict(_longer_forms(word, stems))
    for longer in _endings_of(word):
        if not stems[longer].startswith(word):
            forms.setdefault(stems[longer], f'"{longer}"')
    return tuple(forms.values())


def _longer_forms(word: str, stems: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the forms of a beginning that would be shortened: itself as a word, and with each letter behind it."""
    yield stems[word], f'"{word}"'
    for longer in (word + char for char in _FOLLOWING):
        yield stems[longer], f'"{longer}"*' if stems[longer].startswith(word) else f'"{longer}"'


def _endings_of(word: str) -> list[str]:
    """Return the words that complete an ending of which a beginning has the first letters."""
    starts = ((ending, at) for ending in _ENDINGS for at in range(1, len(ending)) if word.endswith(ending[:at]))
    return sorted({word + ending[at:] for ending, at in starts}, key=lambda longer: (len(longer), longer))


def _stems_of(words: Iterable[str]) -> dict[str, str]:
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute(f"CREATE VIRTUAL TABLE words USING fts5(word, tokenize = '{TOKENIZER}')")
        database.execute("CREATE VIRTUAL TABLE stems USING fts5vocab(words, instance)")
        database.executemany("INSERT INTO words VALUES (?)", ((word,) for word in words))
        rows = database.execute("SELECT word, term FROM stems JOIN words ON words.rowid = stems.doc")
        return {str(word): str(term) for word, term in rows}
