"""Words of texts for retrieval: without accents and case, stop words, n-grams, likeness and rarity."""

import math
import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache


def split_terms(text: str) -> list[str]:
    """Return the words of a text, without accents and case.

    Args:
        text: Any text; addresses in it are no words.
    """
    text = re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", " ", re.sub(r"\b(?:https?://|www\.|mailto:)\S+", " ", text))
    return re.findall(r"[^\W_]+", re.sub(r"[\u0300-\u036f]", "", unicodedata.normalize("NFKD", text.casefold())))


_STOP_WORDS = """a about after against all also am an and any are as at be been before both but by can could did do does
for from get gets give had has have he her here his how i if in into is it its let many may me might more most much
must my no not of often on one only or other our out over own please per say says she should so some such tell than
that the their them then there these they this those to too up us was we were what when where whether which while who
whose why will with would you your answer document documents find long mention question source sources aber alle als
am auch auf aus bei bis da dann das dass dem den der des die diese dieser dieses durch ein eine einem einen einer
eines er es für gibt haben hat ich ihr im ist kann kein keine können lang lange man mein mich mir mit muss müssen
nach nicht noch nur ob oder oft sein seine sich sie sind so soll sollte über tun um und uns viel viele vom von vor
wann war warum was welche welcher welches wenn wer werden wie wieso wir wird wo wurde zu zum zur"""
_FAINT = """use used using work working run runs make makes need needs set package packages library support supports
project benutzen funktioniert geht brauche mache cost costs kosten kostet mean means bedeutet heißt"""
STOP_TERMS = frozenset(split_terms(_STOP_WORDS))
"""Words that nearly every text has."""
FAINT_TERMS = frozenset(split_terms(_FAINT))
"""Words that say little in a question."""


def wanted_terms(question: str) -> list[str]:
    """Return the words of a question that say what is wanted, each once; all of its words where none does."""
    words = list(dict.fromkeys(split_terms(question)))
    return [word for word in words if word not in STOP_TERMS and (len(word) > 1 or word.isdigit())] or words


def word_grams(text: str) -> Iterator[str]:
    """Yield the words of a text, and their n-grams of three and four characters.

    Args:
        text: Any text.
    """
    for word in split_terms(text):
        yield word
        marked = f"^{word}$"
        yield from (marked[i : i + n] for n in (3, 4) for i in range(len(marked) - n + 1))


def rarity_of(holding: int, total: int) -> float:
    """Return the weight of a term that `holding` of `total` texts have: BM25's inverse document frequency."""
    return math.log(1 + (total - holding + 0.5) / (holding + 0.5))


@lru_cache(maxsize=500_000)
def word_similarity(word: str, other: str) -> float:
    """Return the similarity of two words, 0 to 1, by their shared n-grams: forms of one word are over 0.7."""
    if word == other or min(len(word), len(other)) < 3 or word.isdigit() or other.isdigit():
        return float(word == other)
    mine, theirs = ({f"^{each}$"[i : i + 3] for i in range(len(each))} for each in (word, other))
    shared = 2 * len(mine & theirs) / (len(mine) + len(theirs))
    if word[:3] == other[:3]:
        return math.sqrt(shared) if shared >= 0.5 else 0.0
    is_tail = min(len(word), len(other)) > 4 and (word.endswith(other) or other.endswith(word))  # of a compound
    return 0.6 if is_tail or (shared > 0.55 and len(mine & theirs) > 4) else 0.0
