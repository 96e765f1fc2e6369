"""Solvers without a model, as rows to compare with: regular expressions over all passages, and BM25 over the best ones.

Both know the form of the questions, the words of the trade and the form of dates, and join names that a passage
declares to be one ship. Neither understands a sentence.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from agentkit.evals.synthesis.answer import Answer, Item, Quote
from agentkit.evals.synthesis.library import Library, passage_index, passages_of
from agentkit.evals.synthesis.names import GOODS, MONTHS, PORTS

_BEST = 25
"""Passages that a search may look at."""
_NAME = r"[A-Z][a-z]+ [A-Z][a-z]+"
_ALIASES = (
    re.compile(rf"[Tt]he (?P<name>{_NAME}) .*?(?:call her|calls her) the (?P<alias>{_NAME})"),
    re.compile(rf"[Tt]he (?P<alias>{_NAME}), that is the (?P<name>{_NAME})"),
    re.compile(rf"the (?P<name>{_NAME}) she had already been the (?P<alias>{_NAME})"),
)
_WORDS = {
    "sickness": r"sick|fever|sweats|doctor|hospital|hammocks|bunks|raving|buried",
    "fire": r"fire|flames|burn|charred|blaze|smoke|cinders",
    "anchor": r"anchor|bower|cable|kedge|hook|cathead",
    "collision": r"collision|collided|struck|stove|fallen foul|ran upon|dent|splintered",
}
_NOT = re.compile(r"(?i)\b(?:not|no|never|nothing|nobody|idle|rumour|only|but|yet)\b")
_AMOUNT = re.compile(rf"(\d+) (?:{'|'.join(GOODS.values())})s of (\w+)")
_MONTH = "|".join(name for name, _ in MONTHS)
_DATE = re.compile(rf"(?P<a>\d+) (?P<m>{_MONTH})|(?P<n>{_MONTH}) (?P<b>\d+)")
_PORT = re.compile("|".join(PORTS))


@dataclass(frozen=True, slots=True)
class _Found:
    document: str
    text: str
    ship: str

    def quote(self) -> Quote:
        return Quote(self.document, self.text[:500])


async def regular_expressions(question: str, library: Library) -> Answer:
    """Answer a question by regular expressions over all passages.

    Args:
        question: The question.
        library: The documents.
    """
    every = [*passages_of(library.tokens, library.seed).values()]
    found = _with_ships(every)
    return _answer(question, lambda _: found)


async def bm25(question: str, library: Library) -> Answer:
    """Answer a question from the passages that share the most words with it, and with each ship that it names.

    Args:
        question: The question.
        library: The documents.
    """
    places = passages_of(library.tokens, library.seed)
    index = passage_index(library.tokens, library.seed)

    def search(words: str) -> list[_Found]:
        best = [places[hit.id] for hit in index.search(words, limit=_BEST)]
        return _with_ships(best)

    return _answer(question, search)


def _with_ships(passages: Sequence[tuple[str, str]]) -> list[_Found]:
    """Return the passages that name a ship, with the first that they name, by the names that they declare to be one."""
    aliases: dict[str, str] = {}
    for _, text in passages:
        for pattern in _ALIASES:
            if match := pattern.search(text):
                aliases[match["alias"]] = match["name"]
    found: list[_Found] = []
    for document, text in passages:
        names = [str(name) for name in re.findall(rf"[Tt]he ({_NAME})", text) if not _PORT.fullmatch(name)]
        if names:
            found.append(_Found(document, text, aliases.get(names[0], names[0])))
    return found


def _answer(question: str, search: Callable[[str], list[_Found]]) -> Answer:
    asked = re.findall(rf"the ({_NAME})", question)
    if "in the order of time" in question:
        return _in_order_of_time(question, search)
    if "in the order of the" in question:
        return _in_order_of_amount(question, asked, search)
    if "another amount" in question:
        return _disagreeing(search("two documents amount arrival"), _amount_in)
    if "where they were built" in question:
        return _disagreeing(search("built at, launched at, keel laid, stocks, slip"), _builder_in)
    if "never reported there" in question:
        return _at_port(question, asked, search)
    return _with_incident(question, search)


def _items(found: Iterable[_Found]) -> list[Item]:
    by_ship: dict[str, list[Quote]] = defaultdict(list)
    for one in found:
        by_ship[one.ship].append(one.quote())
    return [Item(name, quotes) for name, quotes in by_ship.items()]


def _with_incident(question: str, search: Callable[[str], list[_Found]]) -> Answer:
    kind = next(one for one in _WORDS if one in question)
    hits = [
        one
        for one in search(f"{question} {_WORDS[kind].replace('|', ' ')}")
        if any(re.search(rf"(?i){_WORDS[kind]}", part) and not _NOT.search(part) for part in one.text.split(". ")[1:])
    ]
    items = _items(hits)
    return Answer(items, len(items))


def _in_order_of_amount(question: str, asked: Sequence[str], search: Callable[[str], list[_Found]]) -> Answer:
    good = re.findall(r"in the order of the (\w+)", question)[0]
    totals: dict[str, int] = dict.fromkeys(asked, 0)
    shown: list[_Found] = []
    for name in asked:
        for one in search(f"{name} {good}"):
            amount = _AMOUNT.search(one.text)
            if one.ship == name and amount and amount[2] == good:
                totals[name] += int(amount[1])
                shown.append(one)
    ranked = sorted(asked, key=lambda name: -totals[name])
    quotes = {item.name: item.quotes for item in _items(shown)}
    return Answer([Item(name, quotes.get(name, [])) for name in ranked], max(totals.values()))


def _in_order_of_time(question: str, search: Callable[[str], list[_Found]]) -> Answer:
    days: dict[str, int] = {}
    shown: list[_Found] = []
    for name, port, good in re.findall(rf"arrival of the ({_NAME}) at ({'|'.join(PORTS)}) with (\w+)", question):
        days[name] = 0
        for one in search(f"{name} {port} {good}"):
            if one.ship == name and port in one.text and good in one.text and (day := _day_in(one)) is not None:
                days[name] = day
                shown.append(one)
                break
    quotes = {item.name: item.quotes for item in _items(shown)}
    return Answer([Item(name, quotes.get(name, [])) for name in sorted(days, key=lambda name: days[name])])


def _at_port(question: str, asked: Sequence[str], search: Callable[[str], list[_Found]]) -> Answer:
    port = re.findall(rf"came into ({'|'.join(PORTS)})", question)[0]
    hits = [one for name in asked for one in search(f"{name} {port}") if one.ship == name and port in one.text]
    items = _items(hits)
    return Answer(items, absent=[name for name in asked if name not in {one.name for one in items}])


def _disagreeing(found: Iterable[_Found], fact: Callable[[_Found], tuple[object, object] | None]) -> Answer:
    """Return the ships of which two passages have the same key and another fact."""
    by_key: dict[object, list[tuple[object, _Found]]] = defaultdict(list)
    for one in found:
        if (pair := fact(one)) is not None:
            by_key[one.ship, pair[0]].append((pair[1], one))
    hits = [one for some in by_key.values() if len({value for value, _ in some}) > 1 for _, one in some]
    items = _items(hits)
    return Answer(items, len(items))


def _amount_in(found: _Found) -> tuple[object, object] | None:
    amount, day, port = _AMOUNT.search(found.text), _day_in(found), _PORT.search(found.text)
    return None if amount is None or day is None or port is None else ((day, port[0]), amount[1])


def _builder_in(found: _Found) -> tuple[object, object] | None:
    ports = _PORT.findall(found.text)
    is_about_it = re.search(r"(?i)keel|slip|stocks|built|launched|build|hull|made|swam", found.text)
    return (None, ports[0]) if ports and is_about_it and not _AMOUNT.search(found.text) else None


def _day_in(found: _Found) -> int | None:
    date = _DATE.search(found.text)
    if date is None:
        return None
    month, number = date["m"] or date["n"], int(date["a"] or date["b"])
    names = [name for name, _ in MONTHS]
    return sum(days for _, days in MONTHS[: names.index(month)]) + number
