"""The documents that tell the facts: each passage tells some, in words of its own, and is kept with what it tells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from typing import TypeAlias

from agentkit.evals.synthesis.facts import Arrival, Facts, Ship, draw_facts
from agentkit.evals.synthesis.names import FEASTS, GOODS, PORTS
from agentkit.evals.synthesis.numbers_in_words import amount_in_words, date_of, day_in_words
from agentkit.evals.synthesis.phrases import (
    ARRIVALS,
    ASIDES,
    BUILT_AGAIN,
    DID_NOT_HAPPEN,
    GENRES,
    HAPPENED,
    REGISTRATIONS,
)
from agentkit.messages.content import Document

CHARS_PER_TOKEN = 4
_CHARS_PER_PASSAGE = 222
_FEWEST, _MOST = 6, 10
"""Passages of a document."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage of a document, and what it tells."""

    document: str
    """The id of the document."""
    text: str
    """The passage."""
    ship: Ship
    """The ship that it is about."""
    arrival: Arrival | None
    """The arrival that it reports. None: it says where the ship was built."""
    arrival_text: str
    """The sentences with port, day and cargo; or with the port where the ship was built."""
    incident_text: str
    """The sentence about a misfortune. Empty: there is none."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """Documents with the facts that they tell."""

    documents: tuple[Document, ...]
    """The documents, in no order."""
    passages: tuple[Passage, ...]
    """All passages with facts about a ship."""
    facts: Facts
    """The facts."""


_Entry: TypeAlias = "tuple[Arrival, bool] | tuple[Ship, bool]"
"""An arrival or a ship, and True for its second passage."""


@lru_cache(maxsize=4)
def corpus_of(tokens: int, seed: int) -> Corpus:
    """Return the corpus of a size and a seed; the same again for the same.

    Args:
        tokens: The tokens of all documents together, as four characters each.
        seed: Chooses the facts and the words.
    """
    draw = Random(f"{tokens}\0{seed}")  # noqa: S311 - texts, no secrets
    facts = draw_facts(tokens * CHARS_PER_TOKEN // _CHARS_PER_PASSAGE, draw)
    contents = [*_contents(facts, draw)]
    draw.shuffle(contents)
    documents, passages = [_almanac()], list[Passage]()
    for number, (genre, port, entries) in enumerate(contents, 1):
        name = f"{genre}-{number:04}"
        own = [*_passages(name, entries, draw)]
        title, opening = (text.format(p=port) for text in GENRES[genre])
        documents.append(Document(name, "\n\n".join([opening, *(one.text for one in own)]), title))
        passages += own
    return Corpus(tuple(documents), tuple(passages), facts)


def _almanac() -> Document:
    lines = [
        f"{name[0].upper()}{name[1:]} begins on {' '.join(map(str, date_of(day)))}." for name, day in FEASTS.items()
    ]
    return Document("almanac", "\n".join(["The feasts of the coast in the year 1887.", *lines]), "Almanac")


def _contents(facts: Facts, draw: Random) -> Iterator[tuple[str, str, list[_Entry]]]:
    """Yield the genre, the port and the contents of each document; an arrival's two reports stand in two of them."""
    by_port: dict[str, list[_Entry]] = {port: [] for port in PORTS}
    travelling = list[_Entry]()
    second: list[_Entry] = [(ship, False) for ship in facts.ships]
    second += [(ship, True) for ship in facts.ships if ship.is_mentioned_again]
    for arrival in facts.arrivals:
        (by_port[arrival.port] if draw.random() < 0.5 else travelling).append((arrival, False))
        if arrival.is_reported_twice:
            second.append((arrival, True))
    draw.shuffle(second)
    for port, entries in by_port.items():
        for some in _chunks(entries, draw):
            yield "log", port, some
    for some in _chunks(travelling, draw):
        yield draw.choice(("letter", "diary", "gazette")), "", some
    for some in _chunks(second, draw):
        yield draw.choice(("letter", "gazette", "minutes")), "", _by_day(some)


def _chunks(entries: Sequence[_Entry], draw: Random) -> Iterator[list[_Entry]]:
    start = 0
    while start < len(entries):
        size = draw.randint(_FEWEST, _MOST)
        yield [*entries[start : start + size]]
        start += size


def _by_day(entries: list[_Entry]) -> list[_Entry]:
    """Return the contents with the arrivals in order, and the others where they are."""
    arrivals = iter(sorted((one for one in entries if isinstance(one[0], Arrival)), key=_day_of))
    return [next(arrivals) if isinstance(one[0], Arrival) else one for one in entries]


def _day_of(entry: _Entry) -> int:
    return entry[0].day if isinstance(entry[0], Arrival) else 0


def _passages(document: str, entries: Sequence[_Entry], draw: Random) -> Iterator[Passage]:
    before: int | None = None
    for one, is_second in entries:
        if isinstance(one, Arrival):
            yield _report(document, one, before, draw, is_second=is_second)
            before = one.day
        else:
            text = _built_again(one, draw) if is_second else _registration(one, draw)
            yield Passage(document, text, one, None, text, "")


def _report(document: str, arrival: Arrival, before: int | None, draw: Random, *, is_second: bool) -> Passage:
    wrong = arrival.misreported_amount if is_second else None
    things = f"{GOODS[arrival.good]}s of {arrival.good}"
    cargo = amount_in_words(arrival.amount if wrong is None else wrong, things, draw)
    sentence = _filled(
        draw.choice(ARRIVALS), s=_name_of(arrival.ship, draw), d=day_in_words(arrival.day, before, draw), c=cargo,
        p=arrival.port,
    )  # fmt: skip
    incident = draw.choice((HAPPENED if arrival.has_incident else DID_NOT_HAPPEN)[arrival.incident])
    parts = [sentence, incident]
    if draw.random() < 0.6:
        parts.insert(draw.choice((1, 2)), draw.choice(ASIDES))
    return Passage(document, " ".join(parts), arrival.ship, arrival, sentence, incident)


def _registration(ship: Ship, draw: Random) -> str:
    template = draw.choice(REGISTRATIONS)
    text = template.format(name=ship.name, captain=ship.captain, nick=ship.nickname, port=ship.built_at)
    return f"{text} {draw.choice(ASIDES)}" if draw.random() < 0.3 else text


def _built_again(ship: Ship, draw: Random) -> str:
    return _filled(draw.choice(BUILT_AGAIN), s=_name_of(ship, draw), port=ship.misreported_as or ship.built_at)


def _name_of(ship: Ship, draw: Random) -> str:
    """Return one of the names that a ship goes by, with its article."""
    names = (
        f"the {ship.name}",
        f"the {ship.nickname}",
        f"{ship.captain}'s ship",
        f"the vessel of {ship.captain}",
    )
    return draw.choices(names, (30, 35, 20, 15))[0]


def _filled(template: str, **values: str) -> str:
    """Return a template with its values; `{S}` is `{s}` with a capital."""
    capitals = {name.upper(): f"{value[0].upper()}{value[1:]}" for name, value in values.items()}
    return template.format(**values, **capitals)
