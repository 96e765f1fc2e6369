"""The facts of a year of shipping, drawn by seed: ships with the names they go by, their arrivals, and the reports.

Two rules for this file: it knows no sentence; and what it holds is true, but for reports that are drawn to be false.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Literal, TypeAlias

from agentkit.evals.synthesis.names import GOODS, PORTS, captains, nicknames, ship_names

Incident: TypeAlias = Literal["sickness", "fire", "anchor", "collision"]
"""A kind of misfortune: each arrival is said to have had one, or not to."""
INCIDENTS: tuple[Incident, ...] = ("sickness", "fire", "anchor", "collision")

_PASSAGES_PER_SHIP = 9
_MOST_SHIPS = 600
_SHARE_REPORTED_TWICE = 0.15
_FIRST_DAY, _LAST_DAY = 12, 350


@dataclass(frozen=True, slots=True)
class Ship:
    """A ship, and the names that it goes by."""

    name: str
    """The name that it is registered under."""
    captain: str
    """The surname of its captain."""
    nickname: str
    """The name that people give it."""
    built_at: str
    """The port where it was built."""
    misreported_as: str = ""
    """The port where a second document says that it was built. Empty: none says another one."""
    is_mentioned_again: bool = False
    """True if a second document says where it was built."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """An arrival of a ship."""

    ship: Ship
    """The ship."""
    port: str
    """The port."""
    day: int
    """The day of the year, from 1."""
    good: str
    """The cargo."""
    amount: int
    """Its amount, in the unit of the cargo."""
    incident: Incident
    """The misfortune that a report speaks of."""
    has_incident: bool
    """True if it happened; False if it is denied, or came close."""
    is_reported_twice: bool = False
    """True if a second document reports the arrival."""
    misreported_amount: int | None = None
    """The amount in the second report, where it is another one."""


@dataclass(frozen=True, slots=True)
class Facts:
    """All facts of a year."""

    ships: tuple[Ship, ...]
    """The ships."""
    arrivals: tuple[Arrival, ...]
    """Their arrivals, by day."""


def draw_facts(passages: int, draw: Random) -> Facts:
    """Return facts that fill about this number of passages.

    Args:
        passages: The number of passages.
        draw: The source of chance.
    """
    ships = _ships(max(12, min(_MOST_SHIPS, passages // _PASSAGES_PER_SHIP)), draw)
    mentions = len(ships) + sum(ship.is_mentioned_again for ship in ships)
    count = max(4 * len(ships), round((passages - mentions) / (1 + _SHARE_REPORTED_TWICE)))
    arrivals = sorted(_arrivals(ships, count, draw), key=lambda one: (one.day, one.ship.name))
    return Facts(ships, tuple(arrivals))


def _ships(count: int, draw: Random) -> tuple[Ship, ...]:
    pools = (ship_names(), captains(), nicknames())
    drawn = zip(*(draw.sample(pool, count) for pool in pools), strict=True)
    wrong = {*draw.sample(range(count), draw.randint(3, 5))}
    ships: list[Ship] = []
    for number, (name, captain, nickname) in enumerate(drawn):
        built, other = draw.sample(PORTS, 2)
        is_again = number in wrong or draw.random() < 0.5
        ships.append(Ship(name, captain, nickname, built, other if number in wrong else "", is_again))
    return tuple(ships)


def _arrivals(ships: tuple[Ship, ...], count: int, draw: Random) -> Iterator[Arrival]:
    """Yield arrivals; each misfortune happens to a few ships, once each, however many arrivals there are."""
    owners = [ships[number % len(ships)] for number in range(count)]
    days = {name: _days(times, draw) for name, times in Counter(ship.name for ship in owners).items()}
    places = list(range(count))
    draw.shuffle(places)
    happened: dict[int, Incident] = {}
    for incident in INCIDENTS:
        hit = draw.randint(5, 8)
        chosen: dict[str, int] = {}
        for place in places:
            if place not in happened and owners[place].name not in chosen and len(chosen) < hit:
                chosen[owners[place].name] = place
        happened.update(dict.fromkeys(chosen.values(), incident))
    twice = dict.fromkeys(draw.sample(range(count), round(count * _SHARE_REPORTED_TWICE)))
    misreported: dict[str, int] = {}
    for place in twice:
        if len(misreported) < 4:
            misreported.setdefault(owners[place].name, place)
    for place, ship in enumerate(owners):
        amount = draw.randint(13, 240)
        wrong = max(5, amount + draw.choice((-40, -24, -10, 10, 18, 30, 60)))
        yield Arrival(
            ship, draw.choice(PORTS), days[ship.name].pop(), draw.choice([*GOODS]), amount,
            happened.get(place, INCIDENTS[place % len(INCIDENTS)]), place in happened, place in twice,
            (wrong if wrong != amount else amount + 7) if place in misreported.values() else None,
        )  # fmt: skip


def _days(count: int, draw: Random) -> list[int]:
    """Return different days, at least two apart where there is room."""
    every = range(_FIRST_DAY, _LAST_DAY, 2 if count <= (_LAST_DAY - _FIRST_DAY) // 2 else 1)
    return draw.sample(every, count)
