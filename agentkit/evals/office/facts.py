"""Texts that may be worded freely, but have to hold facts: an amount, a date, a time, a name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

_MARKED = re.compile(r"\*\*(.+?)\*\*")
_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_TIME = re.compile(r"(\d{2}):(\d{2})")
_SMALL_NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_THOUSANDS = re.compile(r"(?<=\d)[,'\u00a0\u202f](?=\d{3}(?!\d))")


def missing_parts(wanted: str, found: str) -> list[str]:
    """Return what a text lacks of the wanted one. Empty: it says the same.

    Facts stand between two asterisks: they have to be there in any of their usual forms, and so do whole lines
    without facts. A wanted text without facts is compared as a whole, but for spaces, capitals and final stops.

    Args:
        wanted: The text as it ought to be.
        found: The text that was written.
    """
    facts = _MARKED.findall(wanted)
    if not facts:
        return [] if _plain(wanted) == _plain(found) else [wanted]
    text = _plain(found)
    lines = [line for line in wanted.splitlines() if line.strip() and not _MARKED.search(line)]
    missing = [fact for fact in facts if not any(_stands_in(form, text) for form in _forms(fact))]
    return missing + [line for line in lines if _plain(line) not in text]


def _plain(text: str) -> str:
    words = " ".join(_THOUSANDS.sub("", text.replace("*", "")).split())
    return words.rstrip(".").casefold()


def _stands_in(form: str, text: str) -> bool:
    """Return True if the form stands in the text, and is no part of a longer word or number."""
    return re.search(rf"(?<![\w.]){re.escape(form)}(?!\w|[.:]\d)", text) is not None


def _forms(fact: str) -> Iterator[str]:
    """Yield the usual forms of a fact, in small letters."""
    yield _plain(fact)
    if match := _DATE.fullmatch(fact):
        day = date(*map(int, match.groups()))
        for month in (f"{day:%B}".casefold(), f"{day:%b}".casefold()):
            for number in (f"{day.day}", f"{day.day}.", f"{day.day}{_ordinal(day.day)}"):
                yield from (f"{number} {month}", f"{number} of {month}", f"{month} {number}", f"{month}. {number}")
        yield f"the {day.day}{_ordinal(day.day)}"
        yield from (f"{day:%d.%m.%Y}", f"{day.day}.{day.month}.{day.year}", f"{day:%d/%m/%Y}", f"{day:%m/%d/%Y}")
    elif match := _TIME.fullmatch(fact):
        hour, minute = int(match[1]), match[2]
        half, small = ("am" if hour < 12 else "pm"), (hour - 1) % 12 + 1
        for clock in (f"{small}:{minute}", *([f"{small}"] if minute == "00" else [])):
            yield from (f"{clock}{half}", f"{clock} {half}", f"{clock} {half[0]}.m")
        yield from (f"{hour}:{minute}", f"{hour}h{minute}", f"{hour}.{minute}")
    elif _NUMBER.fullmatch(fact):
        value = float(fact)
        if value in range(len(_SMALL_NUMBERS)):
            yield _SMALL_NUMBERS[int(value)]
        yield from (
            f"{value:g}" if value < 100_000 else f"{value:.0f}",
            f"{value:.2f}",
            f"{value:.2f}".replace(".", ","),
        )


def _ordinal(number: int) -> str:
    return "th" if 10 < number < 14 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
