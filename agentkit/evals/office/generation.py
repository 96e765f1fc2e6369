"""Worlds of the tasks: the office of the story among people, mails, events and files that a seed draws."""

from __future__ import annotations

import random
from datetime import date, timedelta

from agentkit.evals.office.story import TODAY, story
from agentkit.evals.office.world import Event, Failure, Mail, Office, Person

_FIRST = "Aino Bram Carla Dario Edda Fergus Greta Hugo Ilse Jarek Kaja Luca Maud Nils Odile Pavel Rosa Stig Tilda Vera"
_LAST = "Abel Boone Cerny Dahl Engel Fox Grau Holm Iversen Juhl Kern Lang Marsh Noor Olsen Petri Rossi Stein Toll Wolf"
_TEAMS = ("Archive", "Canteen", "Research", "Support", "Workshop")
_TOPICS = (
    ("Lost umbrella", "Somebody left a {colour} umbrella in the canteen. It is at the desk in the hall."),
    ("Bicycle rack", "The rack in the yard is full. Please take home bicycles that you do not use, {name} says."),
    ("Reading group", "We read on, from page {number}. Bring {colour} tea."),
    ("Choir", "The choir sings on the stairs at noon, {number} voices so far. Ask {name}."),
    ("Printer of corridor {number}", "The printer of corridor {number} is repaired. It was the {colour} drum."),
    ("Thank you", "Thanks for the {colour} flowers. They stand in room {number}. {name}"),
)
_COLOURS = ("blue", "green", "grey", "orange", "red", "violet", "white")
_SUBJECTS = ("Choir practice", "First aid course", "Language lesson", "Radio hour", "Reading group", "Yoga")


def generate(seed: str, failures: tuple[Failure, ...] = ()) -> Office:
    """Return a world: the same one for the same seed, with these failures in store.

    Args:
        seed: The seed.
        failures: Failures in store.
    """
    draw = random.Random(seed)  # noqa: S311 - the same seed, the same world
    office = story()
    people = _people(draw)
    office.people = [
        office.people[0],
        *draw.sample([*office.people[1:], *people], len(office.people) - 1 + len(people)),
    ]
    _add_mails(office, people, draw)
    _add_events(office, people, draw)
    for number in draw.sample(range(100, 999), 8):
        colour, name = draw.choice(_COLOURS), draw.choice(people).name
        office.files[f"library/{number}_{colour}.txt"] = f"Sheet {number}, {colour}. Returned by {name}."
    office.failures = [failure.model_copy() for failure in failures]
    return office


def _people(draw: random.Random) -> list[Person]:
    firsts, lasts = draw.sample(_FIRST.split(), 10), draw.sample(_LAST.split(), 10)
    return [
        Person(
            name=f"{first} {last}",
            email=f"{first.lower()}.{last.lower()}@halden.example",
            team=draw.choice(_TEAMS),
        )
        for first, last in zip(firsts, lasts, strict=True)
    ]


def _add_mails(office: Office, people: list[Person], draw: random.Random) -> None:
    for _ in range(draw.randint(10, 16)):
        subject, text = draw.choice(_TOPICS)
        sender, number = draw.choice(people), f"m{len(office.mails) + 1:03}"
        filled = {"colour": draw.choice(_COLOURS), "number": draw.randint(2, 90), "name": sender.name}
        office.mails[number] = Mail(
            id=number,
            folder=draw.choice(["inbox", "inbox", "archive"]),
            sender=sender.email,
            to=[office.user.email],
            date=_day(draw, -40, -5),
            subject=subject.format(**filled),
            text=text.format(**filled),
        )


def _add_events(office: Office, people: list[Person], draw: random.Random) -> None:
    """Add events on other days than those of the tasks."""
    for _ in range(draw.randint(6, 10)):
        number, day, hour = f"e{len(office.events) + 1:03}", _day(draw, 14, 40), draw.randint(9, 16)
        office.events[number] = Event(
            id=number,
            title=draw.choice(_SUBJECTS),
            start=f"{day} {hour:02}:00",
            end=f"{day} {hour:02}:45",
            attendees=sorted(person.email for person in draw.sample(people, draw.randint(2, 4))),
        )


def _day(draw: random.Random, first: int, last: int) -> str:
    return str(date.fromisoformat(TODAY) + timedelta(days=draw.randint(first, last)))
