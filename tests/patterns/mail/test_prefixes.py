"""Beginnings of words find these words, whatever their stems are."""

from __future__ import annotations

import re
import sqlite3

import pytest

from agentkit.patterns.mail.prefixes import forms_of_prefix
from agentkit.patterns.mail.tables import TOKENIZER

WORDS = re.findall(
    r"\w+",
    "organization organizing organ operation opera registration communications commune generally gene bus business but "
    "busy pass party parties participate being bell electric electron kettle ket kettles caf\u00e9 \u6771 studies",
)


@pytest.mark.parametrize(
    ("prefix", "found"),
    [
        ("organiz", "organization organizing"),
        ("operati", "operation"),
        ("registrat", "registration"),
        ("communicat", "communications"),
        ("bus", "bus business busy"),
        ("business", "business"),
        ("parti", "parties participate"),
        ("party", "party"),
        ("being", "being"),
        ("electric", "electric"),
        ("Kett", "kettle kettles"),
        ("studi", "studies"),
        ("caf", "caf\u00e9"),
        ("CAF\u00c9", "caf\u00e9"),
        ("zzz", ""),
    ],
)
def test_words_are_found_by_their_beginning(prefix: str, found: str) -> None:
    database = sqlite3.connect(":memory:")
    database.execute(f"CREATE VIRTUAL TABLE words USING fts5(word, tokenize = '{TOKENIZER}')")
    database.executemany("INSERT INTO words VALUES (?)", [(word,) for word in WORDS])
    rows = database.execute("SELECT word FROM words WHERE words MATCH ?", (" OR ".join(forms_of_prefix(prefix)),))
    matched = {word for (word,) in rows}
    database.close()
    wanted = set(found.split())
    assert wanted <= matched
    assert matched - wanted <= {"organ", "opera", "commune", "party", "parties", "busy"}  # words of the same stem
