"""The questions, and the answers that the facts give: each combines facts from many documents."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from random import Random

from agentkit.evals.synthesis.corpus import Corpus, Passage, corpus_of
from agentkit.evals.synthesis.facts import INCIDENTS, Arrival, Incident
from agentkit.evals.synthesis.names import GOODS, PORTS

_NAMES = "Give the names under which the ships are registered."
_OF_INCIDENTS: dict[Incident, str] = {
    "sickness": "with sickness among her people",
    "fire": "after a fire on board",
    "anchor": "having lost an anchor for good",
    "collision": "having been in a collision with another vessel",
}
_COMPARED, _ORDERED, _LISTED = 4, 6, 8
_LEAST_DIFFERENCE = 3


@dataclass(frozen=True, slots=True)
class Evidence:
    """Sentences of which each shows the same thing: a quote of one of them is enough."""

    passages: tuple[tuple[Passage, str], ...]
    """The passages, each with the sentence that counts."""


@dataclass(frozen=True, slots=True)
class Expected:
    """A question with the answer that it ought to get."""

    kind: str
    """count, compare, order, contradict or absent."""
    question: str
    """The question."""
    names: tuple[str, ...]
    """The ships."""
    evidence: tuple[tuple[Evidence, ...], ...]
    """The evidence that each ship needs, all of it."""
    is_ordered: bool = False
    """True if the order of the ships counts."""
    number: int | None = None
    """The number. None: none is asked for."""
    absent: tuple[str, ...] = ()
    """The ships of which nothing of the kind is reported."""


@lru_cache(maxsize=4)
def questions_of(tokens: int, seed: int) -> tuple[Expected, ...]:
    """Return the questions about a corpus, with their answers; the same again for the same.

    Args:
        tokens: The size of the corpus.
        seed: The seed of the corpus.
    """
    return tuple(_Asker(corpus_of(tokens, seed), Random(f"{tokens}\0{seed}\0questions")).questions())  # noqa: S311


class _Asker:
    """Finds the answers in the facts, and the passages that show them."""

    def __init__(self, corpus: Corpus, draw: Random) -> None:
        self._facts, self._draw = corpus.facts, draw
        self._reports: dict[Arrival, list[Passage]] = defaultdict(list)
        self._builders: dict[str, list[Passage]] = defaultdict(list)
        self._arrivals: dict[str, list[Arrival]] = defaultdict(list)
        for passage in corpus.passages:
            if passage.arrival is None:
                self._builders[passage.ship.name].append(passage)
            else:
                self._reports[passage.arrival].append(passage)
        for arrival in corpus.facts.arrivals:
            self._arrivals[arrival.ship.name].append(arrival)

    def questions(self) -> Iterator[Expected]:
        for incident in INCIDENTS:
            yield self._count(incident)
        for good in self._draw.sample([*GOODS], 2):
            yield self._compare(good)
        used = set[str]()
        for _ in range(2):
            yield self._order(used)
        yield self._contradicting_amounts()
        yield self._contradicting_builders()
        for port in self._draw.sample(PORTS, 2):
            yield self._absent(port)

    def _count(self, incident: Incident) -> Expected:
        hit = [one for one in self._facts.arrivals if one.has_incident and one.incident == incident]
        ships = sorted({one.ship.name for one in hit})
        evidence = [[self._shown(one, _incident) for one in hit if one.ship.name == name] for name in ships]
        question = (
            f"Which ships came into a port {_OF_INCIDENTS[incident]}, and how many are they? Leave out those of which "
            f"it is denied, or which only came close. {_NAMES}"
        )
        return Expected("count", question, tuple(ships), _frozen(evidence), number=len(ships))

    def _compare(self, good: str) -> Expected:
        totals, is_several = dict[str, int](), dict[str, bool]()
        for name, arrivals in self._arrivals.items():
            own = [one for one in arrivals if one.good == good]
            if own and all(one.misreported_amount is None for one in own):
                totals[name] = sum(one.amount for one in own)
                is_several[name] = len(own) > 1
        names = sorted(totals)
        self._draw.shuffle(names)
        chosen = _distinct(sorted(names, key=lambda name: not is_several[name]), totals)
        self._draw.shuffle(chosen)
        ranked = sorted(chosen, key=lambda name: -totals[name])
        evidence = [[self._shown(one, _arrival) for one in self._arrivals[name] if one.good == good] for name in ranked]
        question = (
            f"Put {_listed(chosen)} in the order of the {good} that they landed in all of the year, the most first, "
            f"and give the number of {GOODS[good]}s of the first. An arrival that two documents report counts once. "
            f"{_NAMES}"
        )
        most = totals[ranked[0]]
        return Expected("compare", question, tuple(ranked), _frozen(evidence), is_ordered=True, number=most)

    def _order(self, used: set[str]) -> Expected:
        arrivals = [*self._facts.arrivals]
        self._draw.shuffle(arrivals)
        chosen: list[Arrival] = []
        for one in arrivals:
            alike = [
                other for other in self._arrivals[one.ship.name] if (other.port, other.good) == (one.port, one.good)
            ]
            is_free = one.ship.name not in used and all(abs(one.day - other.day) > 1 for other in chosen)
            if len(chosen) < _ORDERED and len(alike) == 1 and is_free and one.misreported_amount is None:
                chosen.append(one)
                used.add(one.ship.name)
        ranked = sorted(chosen, key=lambda one: one.day)
        events = "; ".join(f"the arrival of the {one.ship.name} at {one.port} with {one.good}" for one in chosen)
        question = f"Put these in the order of time, the earliest first: {events}. {_NAMES}"
        evidence = [[self._shown(one, _arrival)] for one in ranked]
        return Expected("order", question, tuple(one.ship.name for one in ranked), _frozen(evidence), is_ordered=True)

    def _contradicting_amounts(self) -> Expected:
        wrong = [one for one in self._facts.arrivals if one.misreported_amount is not None]
        ships = sorted(one.ship.name for one in wrong)
        by_name = {one.ship.name: one for one in wrong}
        evidence = [[_only(passage, _arrival) for passage in self._reports[by_name[name]]] for name in ships]
        question = (
            "Some arrivals are reported by two documents. Of which ships do two documents give another amount for the "
            f"same arrival, and how many are they? Quote both documents. {_NAMES}"
        )
        return Expected("contradict", question, tuple(ships), _frozen(evidence), number=len(ships))

    def _contradicting_builders(self) -> Expected:
        ships = sorted(ship.name for ship in self._facts.ships if ship.misreported_as)
        evidence = [[_only(passage, _arrival) for passage in self._builders[name]] for name in ships]
        question = (
            "Of which ships do two documents disagree on where they were built, and how many are they? Quote both "
            f"documents. {_NAMES}"
        )
        return Expected("contradict", question, tuple(ships), _frozen(evidence), number=len(ships))

    def _absent(self, port: str) -> Expected:
        names = [ship.name for ship in self._facts.ships]
        self._draw.shuffle(names)
        called = [name for name in names if any(one.port == port for one in self._arrivals[name])]
        never = [name for name in names if name not in called][: self._draw.randint(2, 4)]
        called = sorted(called[: _LISTED - len(never)])
        asked = [*called, *never]
        self._draw.shuffle(asked)
        evidence = [
            [_any_of(passage for one in self._arrivals[name] if one.port == port for passage in self._reports[one])]
            for name in called
        ]
        question = (
            f"Which of {_listed(asked)} came into {port} in that year, and which are never reported there (`absent`)? "
            f"{_NAMES}"
        )
        return Expected("absent", question, tuple(called), _frozen(evidence), absent=tuple(sorted(never)))

    def _shown(self, arrival: Arrival, sentence: Callable[[Passage], str]) -> Evidence:
        return Evidence(tuple((passage, sentence(passage)) for passage in self._reports[arrival]))


def _distinct(names: Sequence[str], totals: Mapping[str, int]) -> list[str]:
    """Return the first ships whose totals differ clearly."""
    chosen: list[str] = []
    for name in names:
        if len(chosen) < _COMPARED and all(abs(totals[name] - totals[other]) > _LEAST_DIFFERENCE for other in chosen):
            chosen.append(name)
    return chosen


def _only(passage: Passage, sentence: Callable[[Passage], str]) -> Evidence:
    return Evidence(((passage, sentence(passage)),))


def _any_of(passages: Iterable[Passage]) -> Evidence:
    return Evidence(tuple((passage, passage.arrival_text) for passage in passages))


def _arrival(passage: Passage) -> str:
    return passage.arrival_text


def _incident(passage: Passage) -> str:
    return passage.incident_text


def _frozen(evidence: Sequence[Sequence[Evidence]]) -> tuple[tuple[Evidence, ...], ...]:
    return tuple(tuple(some) for some in evidence)


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(f'the {name}' for name in names[:-1])} and the {names[-1]}"
