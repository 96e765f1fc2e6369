"""Which passages of texts answer a question: BM25 in which words match by their character n-grams; or that none does.

Passages are exact slices: `passage.text == text[passage.start:passage.end]`, counted in code points.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

_MOST_CHARS = 400  # of a passage: a longer sentence is cut at a space
_ENOUGH, _ENOUGH_WORDS = 0.6, 4.0  # what has to be covered: a share of the question's weight, or so many of its words
_NEAR = {"heading": (0.5, 0.9), "title": (0.3, 0.8), "before": (0.2, 0.5), "after": (0.2, 0.5)}
"""What a word beside a passage counts in the score and in what is covered, against 1 for one inside."""

_ITEM = r"(?:[-*+•]|\(?\d{1,3}[.)]|\|)[ \t]"
_RULE = r"([=\-~^\"'*+#`:.])\1{2,}.*$"
_BLOCK = re.compile(
    rf"^(?![ \t\r]*(?:{_RULE}|$))(?:[ \t]*#+[ \t].*"
    rf"|.+(?:\n(?![ \t\r]*(?:#+[ \t]|{_ITEM}|{_RULE.replace('1', '2')}|$)).+)*)",
    re.MULTILINE,
)
_NO_STOP = "".join(
    rf"(?<!\b{word})" for word in (r"\w", "e.g", "i.e", "etc", "vs", "cf", "Dr", "Mr", "Mrs", "Nr", "No")
)
_SENTENCE = re.compile(
    rf"\S(?:.{{0,{_MOST_CHARS - 9}}}?(?:[!?…]|{_NO_STOP}\.)[\"')\]”»*_`]{{0,8}}(?=\s+[^\sa-z]|\s*\Z)"
    rf"|.{{0,{_MOST_CHARS - 1}}}(?=\s|\Z)|.{{{_MOST_CHARS - 1}}})",
    re.DOTALL,
)
_ASKS_NUMBER = re.compile(
    r"\b(how (many|much|long|old|often|far|big|high|fast)|when|wann|wie ?(viele?|lange|alt|oft))\b"
)
_ASKS_WHAT, _DEFINES = re.compile(r"\W*(what|who|was|wer) (is|are|ist|sind)\b"), re.compile(r"\b(is|are|ist|sind)\b")


def _terms(text: str) -> list[str]:
    """The words of a text in order, folded, without addresses."""
    text = re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", " ", re.sub(r"\b(?:https?://|www\.|mailto:)\S+", " ", text))
    return re.findall(r"[^\W_]+", re.sub(r"[\u0300-\u036f]", "", unicodedata.normalize("NFKD", text.casefold())))


_EMPTY = frozenset(
    _terms("""a about after all also am an and any are as at be been before being between but by can could did do does
    for from get gets give given got had has have he her here his how i if in into is it its let many may me might more
    most much must my no not of on one only or other our out over own please per same say says shall she should so some
    such tell than that the their them then there these they this those through to too under up us was way we were what
    when where whether which while who whom whose why will with would you your answer describe document explain find
    mention question source sources text aber alle als am auch auf aus bei beim bis da dann das dass dem den denn
    der des die dies diese diesem diesen dieser dieses durch ein eine einem einen einer eines er es für gibt haben hat
    ich ihr im ist ja jede jeder kann kein keine können lang lange man mein mich mir mit muss müssen nach nicht noch nun
    nur ob oder sein seine seit sich sie sind soll sollte über um und uns unter viel viele vom von vor wann war warum
    was welche welchem welchen welcher welches wenn wer werden wie wieso wir wird wo wurde zu zum zur""")
)
_FAINT = frozenset(
    _terms("""use used uses using work works working run runs make makes need needs set possible package packages
    library support supports project verwenden benutzen funktioniert geht brauche brauchen mache machen""")
)


@dataclass(frozen=True, slots=True)
class Source:
    """A text that can be quoted."""

    id: str
    text: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Passage:
    """A part of a source; `start` and `end` are None where whoever quoted it did not say."""

    source: str
    start: int | None
    end: int | None
    text: str
    heading: str = ""
    is_heading: bool = False


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that answers; `coverage` is the share of the question that it and what is near it cover, 0 to 1."""

    passage: Passage
    score: float
    coverage: float


def passages(source: Source) -> list[Passage]:
    """The sentences, list items, table rows and headings of a text, in order; none of an empty one."""
    text, heading = source.text, ""
    found: list[Passage] = []
    for block in _BLOCK.finditer(text):
        is_title = "\n" not in block[0] and re.match(_RULE, text[block.end() + 1 :][:80], re.MULTILINE) is not None
        is_heading = is_title or block[0].lstrip().startswith("#")
        heading = block[0].strip("# \t") if is_heading else heading
        spans = [sentence.span() for sentence in _SENTENCE.finditer(text, *block.span())]
        found += [Passage(source.id, start, end, text[start:end], heading, is_heading) for start, end in spans]
    for i in range(len(found) - 2, -1, -1):  # what ends with a colon goes with the list or the sentence it announces
        here, after = found[i], found[i + 1]
        if here.text.endswith(":") and not here.is_heading and not after.is_heading:
            end = after.end
            for item in found[i + 2 :] if re.match(_ITEM, after.text) else []:
                if not re.match(_ITEM, item.text) or (item.end or 0) - (here.start or 0) > 1.5 * _MOST_CHARS:
                    break
                end = item.end
            found[i] = replace(here, end=end, text=text[here.start : end])
    return found


def search(question: str, sources: Sequence[Source], limit: int = 3) -> list[Hit]:
    """The best passages, best first. Empty: nothing answers."""
    titles = {source.id: f"{source.title} {source.id}" for source in sources}
    hits = rank(question, [passage for source in sources for passage in passages(source)], titles)
    enough = min(_ENOUGH, _ENOUGH_WORDS / max(1, len(_telling(question))))
    return best([hit for hit in hits if hit.coverage >= enough], limit)


def best(hits: Sequence[Hit], limit: int, share: float = 0.5) -> list[Hit]:
    """The first hits, without those that repeat a better one or are far weaker than the first."""
    chosen: list[Hit] = []
    for hit in hits:
        if len(chosen) < limit and hit.score >= share * hits[0].score:
            chosen += [] if any(_overlap(hit.passage, other.passage) for other in chosen) else [hit]
    return chosen


def rank(question: str, found: Sequence[Passage], titles: Mapping[str, str]) -> list[Hit]:
    """All passages that share a telling word with the question, best first."""
    wanted = _telling(question)
    inside = [_counts(wanted, passage.text) for passage in found]
    holding = Counter(term for counts in inside for term in counts)
    rarity = {term: math.log(1 + (len(found) - holding[term] + 0.5) / (holding[term] + 0.5)) for term in wanted}
    weight = {t: (0.4 + 0.6 * rarity[t] / math.log(2 + 2 * len(found))) / (1 + (t in _FAINT)) for t in wanted}
    mean = sum(len(passage.text) for passage in found) / max(1, len(found))
    hits: list[Hit] = []
    for i, passage in enumerate(found):
        beside = [found[j].source == passage.source if 0 <= j < len(found) else False for j in (i - 1, i + 1)]
        near = {
            "heading": _counts(wanted, "" if passage.is_heading else passage.heading),
            "title": _counts(wanted, titles.get(passage.source, "")),
            "before": inside[i - 1] if beside[0] else {},
            "after": inside[i + 1] if beside[1] else {},
        }
        score = covered = 0.0
        for term in wanted if inside[i] else ():
            there = {place: min(1, counts.get(term, 0)) for place, counts in near.items()}
            count = inside[i].get(term, 0) + sum(_NEAR[place][0] * times for place, times in there.items())
            score += rarity[term] * count / (count + 0.5 + 0.7 * len(passage.text) / mean)
            covers = max(_NEAR[place][1] * times for place, times in there.items())
            covered += weight[term] * max(covers, min(1, inside[i].get(term, 0)))
        coverage = covered / sum(weight.values())
        score *= (0.5 + coverage) * _fit(question.lower(), passage)
        hits += [Hit(passage, round(score, 4), round(coverage, 2))] if score else []
    return sorted(hits, key=lambda hit: (-hit.score, hit.passage.source, hit.passage.start or 0))


def _telling(question: str) -> tuple[str, ...]:
    """The words that say what a question is about, each once; all of them when none does."""
    words = tuple(dict.fromkeys(_terms(question)))
    return tuple(word for word in words if word not in _EMPTY and (len(word) > 1 or word.isdigit())) or words


@lru_cache(maxsize=10_000)
def _counts(wanted: tuple[str, ...], text: str) -> Mapping[str, float]:
    """How often each wanted word occurs, other forms of it counting in part."""
    counts: dict[str, float] = {}
    for word in _terms(text):
        for term, like in _alike(wanted, word):
            counts[term] = counts.get(term, 0) + like
    return counts


@lru_cache(maxsize=100_000)
def _alike(wanted: tuple[str, ...], word: str) -> list[tuple[str, float]]:
    return [(term, like) for term in wanted if (like := _likeness(term, word))]


def _likeness(word: str, other: str) -> float:
    """How alike two words are, 0 to 1, by the n-grams they share: forms of one word are over a half."""
    if word == other or min(len(word), len(other)) < 3 or word.isdigit() or other.isdigit():
        return float(word == other)
    if word[0] != other[0]:  # the last part of a compound counts, nothing else
        return 0.6 if min(len(word), len(other)) > 4 and (word.endswith(other) or other.endswith(word)) else 0.0
    mine, theirs = ({f"^{each}$"[i : i + 3] for i in range(len(each))} for each in (word, other))
    shared = 2 * len(mine & theirs) / (len(mine) + len(theirs))
    return shared if shared >= 0.55 else 0.0


def _fit(question: str, passage: Passage) -> float:
    """How well the form of a passage fits what is asked for."""
    fit = 0.5 if passage.is_heading else 1.0
    fit *= 1.3 if _ASKS_NUMBER.search(question) and re.search(r"\d", passage.text) else 1.0
    return fit * 1.3 if _ASKS_WHAT.match(question) and _DEFINES.search(passage.text) else fit


def _overlap(one: Passage, other: Passage) -> bool:
    if one.source != other.source or one.start is None or other.start is None:
        return (one.source, one.text) == (other.source, other.text)
    return one.start < (other.end or 0) and other.start < (one.end or 0)
