"""Passages that answer a question, or none: BM25 over sentences, in which words match by character n-grams."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from agentkit.messages.content import Document
from agentkit.retrieval.terms import FAINT_TERMS, rarity_of, split_terms, wanted_terms, word_similarity

_ITEM = r"(?:[-*+•][ \t]|\(?\d{1,3}[.)][ \t]|\|)"
_LINE = r"(?:[=\-~^\"'*+#:.]{3,}|\|[ |:-]+\|)[ \t\r]*(?:\n|$)"  # under a heading, or under a table's header
_RULE = rf"[ \t\r]*(?:{_LINE}|```.*$|~~~.*$|$)"
_BLOCK = re.compile(rf"^(?!{_RULE})(?:[ \t]*#+[ \t].*|.+(?:\n(?!{_RULE}|[ \t]*(?:#+[ \t]|{_ITEM})).+)*)", re.MULTILINE)
_NO_STOP = r"(?<!\b\w)(?<!\be.g)(?<!\bi.e)(?<!\betc)(?<!\bvs)(?<!\bcf)(?<!\bDr)(?<!\bMr)(?<!\bNo)"
_MONTH = "Jan|Feb|Mär|Apr|Mai|Jun|Jul|Aug|Sep|Okt|Nov|Dez"  # after the stop of an ordinal: 12. Mai
_SENTENCE = re.compile(  # up to a stop before the start of another, else up to a space, else the most characters
    rf"(?s)\S(?:.{{0,390}}?(?:[!?…]|{_NO_STOP}\.)[\"')\]”»*_`]{{0,8}}(?=\s+(?!{_MONTH})[^\sa-z]|\s*\Z)|(?:.{{0,398}}\S)?(?=\s|\Z)|.{{399}})"
)
_NUMBER_QUESTION = r"\b(how (many|much|long|old|often|far|big|high|fast)|when|wann|wie ?(viele?|lange|alt|oft))\b"
_ANSWER_FORMS = ((_NUMBER_QUESTION, r"\d"), (r"^\W*(what|who|was|wer) (is|are|ist|sind)\b", r"\b(is|are|ist|sind)\b"))


@dataclass(frozen=True, slots=True)
class Passage:
    """A part of a source: `text == source.text[start:end]`, in code points; None where a quote has no place."""

    source: str
    start: int | None
    end: int | None
    text: str
    heading: str = ""
    is_heading: bool = False


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that answers; `coverage` is the share of the question that it and its surroundings cover, 0 to 1."""

    passage: Passage
    score: float
    coverage: float


def question_in(text: str) -> str:
    """Return the sentences of a text that end with a question mark, or the whole text if none does."""
    return " ".join(re.findall(r"(?:[^.!?:\n]|[.:](?=\S))+\?", text)) or text


def split_passages(source: Document) -> list[Passage]:
    """Return the sentences, list items, table rows and headings of a text, in order."""
    text, found, headings = source.text, list[Passage](), list[str]()
    for block in _BLOCK.finditer(text):
        is_title = (
            "\n" not in block[0] and re.match(rf"\n[ \t]*{_LINE}", text[block.end() : block.end() + 80]) is not None
        )
        is_heading = is_title or block[0].lstrip().startswith("#")
        above = "" if is_heading else " ".join(headings[:1] + headings[-2:])
        spans = [sentence.span() for sentence in _SENTENCE.finditer(text, *block.span())]
        found += [Passage(source.id, start, end, text[start:end], above, is_heading) for start, end in spans]
        headings += [block[0]] if is_heading else []
    for i, here in enumerate(found):  # a passage that ends with a colon takes in the sentence or list after it
        for n, after in enumerate(found[i + 1 : i + 13] if here.text.endswith(":") and not here.is_heading else ()):
            is_list = re.match(_ITEM, found[i + 1].text) and re.match(_ITEM, after.text)
            if after.is_heading or (n and not is_list) or (after.end or 0) - (here.start or 0) > 600:
                break
            found[i] = replace(here, end=after.end, text=text[here.start : after.end])
    return found


def search_passages(
    question: str,
    found: list[Passage],
    titles: dict[str, str],
    most: int = 3,
    least: float = 0.5,
    *,
    per_source: bool = False,
) -> list[Hit]:
    """Return the best passages, best first. Empty: none covers enough of the question, as a share or in words.

    With `per_source`, the best of each source, which need not be as good as those of another.
    """
    wanted = wanted_terms(question)
    terms = _TermCounter(wanted)
    inside = [terms.count(passage.text) for passage in found]
    holding = Counter(term for counts in inside for term in counts)
    rarity = {term: 0.5 + rarity_of(holding[term], len(found)) for term in wanted}
    rarity |= {term: rarity[term] / 2 for term in wanted if term in FAINT_TERMS}
    weight = {term: 0.3 + 0.7 * rarity[term] / (0.5 + rarity_of(0, len(found))) for term in wanted}
    mean = sum(len(passage.text) for passage in found) / max(1, len(found))
    fitting = [form for pattern, form in _ANSWER_FORMS if re.search(pattern, question.lower())]
    hits, chosen = list[Hit](), list[Hit]()
    for i, here in enumerate(found):
        beside = (*found[max(0, i - 1) : i], *found[i + 1 : i + 2])
        around = " ".join(each.text for each in beside if each.source == here.source)
        title = f"{here.source} {titles.get(here.source, '')}"
        near = [(here.heading, 0.5, 0.9), (title, 0.3, 0.8), (around, 0.2, 0.5)]
        counted = [(terms.count(text), score, cover) for text, score, cover in near] if inside[i] else []
        score = covered = 0.0
        for term in wanted if inside[i] else ():
            count = inside[i].get(term, 0) + sum(share * min(1, counts.get(term, 0)) for counts, share, _ in counted)
            score += rarity[term] * count / (count + 0.5 + 0.7 * len(here.text) / mean)
            nearest = max(share * min(1, counts.get(term, 0)) for counts, _, share in counted)
            covered += weight[term] * max(nearest, min(1, inside[i].get(term, 0)))
        coverage = round(covered / sum(weight.values()), 2) if inside[i] else 0.0
        score *= (0.5 + coverage) * 1.3 ** sum(bool(re.search(form, here.text)) for form in fitting)
        if score and coverage >= min(least, 4 / len(wanted)):
            hits.append(Hit(here, round(score / (1 + here.is_heading), 4), coverage))
    for hit in sorted(hits, key=lambda hit: (-hit.score, hit.passage.source, hit.passage.start or 0)):
        same = [each for each in chosen if each.passage.source == hit.passage.source]
        texts = [each.passage.text for each in same]
        is_new = not any(hit.passage.text in text or text in hit.passage.text for text in texts)
        rivals = same if per_source else chosen
        if is_new and len(rivals) < most and len(same) < 3 and hit.score > 0.4 * (rivals or [hit])[0].score:
            chosen.append(hit)
    return chosen


class _TermCounter:
    """Counts the terms of a question in texts; forms of a word count by their likeness. Each word is compared once."""

    def __init__(self, wanted: Sequence[str]) -> None:
        self._wanted = wanted
        self._matches: dict[str, list[tuple[str, float]]] = {}
        self._counted: dict[str, dict[str, float]] = {}

    def count(self, text: str) -> dict[str, float]:
        found = self._counted.get(text)
        if found is None:
            found = self._counted[text] = {}
            for word in split_terms(text):
                for term, likeness in self._matches_of(word):
                    found[term] = found.get(term, 0) + likeness
        return found

    def _matches_of(self, word: str) -> list[tuple[str, float]]:
        matches = self._matches.get(word)
        if matches is None:
            pairs = ((term, word_similarity(term, word)) for term in self._wanted)
            matches = self._matches[word] = [(term, likeness) for term, likeness in pairs if likeness]
        return matches
