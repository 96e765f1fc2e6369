"""Words as they are compared: folded, without endings that matter little, and without those that say nothing."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_WORD = re.compile(r"[^\W_]+")
_ADDRESS = re.compile(r"\b(?:https?://|www\.)\S+|\b(?:data|mailto):\S+")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{2,}")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z][a-z])")
_EMPTY = frozenset(
    """a about after again all also am an and any are as at be because been before being between both but by can could
    did do does doing done for from get gets give given got had has have he her here his how i if in into is it its let
    many may me might more most much must my no not of on one only or other our out over own please per same say says
    shall she should so some such tell than that the their them then there these they this those through to too under
    up us was way we were what when where whether which while who whom whose why will with would you your
    answer describe document documents explain find mention mentioned question source sources text texts there thing
    ab aber alle allem allen aller alles als also am an auch auf aus bei beim bin bis da damit dann das dass dein dem
    den denn der des die dies diese diesem diesen dieser dieses doch dokument dokumente durch ein eine einem einen einer
    eines er erkläre es etwas für gibt hat haben hatte ich ihr ihre im in ins ist ja jede jeder jedes kann kein keine
    können lang lange mal man mein mich mir mit muss müssen nach nicht noch nun nur ob oder sagt sein seine seit sich
    sie sind so soll sollen sollte text texte über um und uns unter viel viele vom von vor wann war warum was welche
    welchem welchen welcher welches wenn wer werden wie wieso will wir wird wo wurde würde zu zum zur""".split()
)
FAINT = frozenset(
    """use used using work works working run runs make makes making need needs set way possible package packages library
    support supports project verwenden benutzen funktioniert geht brauchen brauche machen mache""".split()
)
"""Words that say little of what a question is about."""


def terms(text: str) -> list[str]:
    """The words of a text in order, folded; Chinese, Japanese and Korean as pairs of characters."""
    text = _CAMEL.sub(" ", _ADDRESS.sub(" ", text))
    folded = unicodedata.normalize("NFKD", text.casefold())
    folded = unicodedata.normalize("NFC", "".join(c for c in folded if not unicodedata.combining(c) or c > "\u036f"))
    found: list[str] = []
    for word in _WORD.findall(folded):
        found += [word[i : i + 2] for i in range(len(word) - 1)] if _CJK.fullmatch(word) else [word]
    return found


def telling(question: str) -> list[str]:
    """The words of a question that say what it is about, each once; all of its words when none does."""
    words = list(dict.fromkeys(terms(question)))
    return [word for word in words if word not in _FOLDED_EMPTY and (len(word) > 1 or word.isdigit())] or words


_FOLDED_EMPTY = frozenset(word for empty in _EMPTY for word in terms(empty))


@lru_cache(maxsize=100_000)
def _grams(word: str) -> frozenset[str]:
    padded = f"^{word}$"
    return frozenset(padded[i : i + 3] for i in range(len(padded) - 2))


@lru_cache(maxsize=200_000)
def likeness(word: str, other: str) -> float:
    """How alike two words are, from 0 to 1, by the character n-grams they share; forms of one word are over 0.5."""
    if word == other:
        return 1.0
    if min(len(word), len(other)) < 3 or word.isdigit() or other.isdigit():
        return 0.0
    if word[0] != other[0]:
        short, long = sorted((word, other), key=len)
        return 0.6 if len(short) > 4 and long.endswith(short) else 0.0  # the second half of a compound
    mine, theirs = _grams(word), _grams(other)
    shared = 2 * len(mine & theirs) / (len(mine) + len(theirs))
    return shared if shared >= 0.55 else 0.0
