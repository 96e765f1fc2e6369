"""Numbers and days in words, in the several ways that people write them."""

from __future__ import annotations

from random import Random

from agentkit.evals.synthesis.names import FEASTS, MONTHS, words_of

_SMALL = words_of(
    "no one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
)
_TENS = words_of("- - twenty thirty forty fifty sixty seventy eighty ninety")
_ORDINALS = {
    1: "first", 2: "second", 3: "third", 5: "fifth", 8: "eighth", 9: "ninth", 12: "twelfth", 20: "twentieth",
    30: "thirtieth",
}  # fmt: skip
_MOST_DAYS_LATER = 9
_MOST_DAYS_FROM_FEAST = 6


def number_in_words(number: int) -> str:
    """Return a whole number from 0 to 999 in words.

    Args:
        number: The number.
    """
    if number < 20:
        return _SMALL[number]
    if number < 100:
        tens = _TENS[number // 10]
        return f"{tens}-{_SMALL[number % 10]}" if number % 10 else tens
    rest = f" and {number_in_words(number % 100)}" if number % 100 else ""
    return f"{_SMALL[number // 100]} hundred{rest}"


def amount_in_words(number: int, things: str, draw: Random) -> str:
    """Return an amount of things in one of several ways: digits, words, dozens, scores, or less than a round number.

    Args:
        number: The amount.
        things: The things, `barrels of salt`.
        draw: The source of chance.
    """
    ways = [f"{number} {things}", f"{number_in_words(number)} {things}"]
    if number % 12 == 0:
        ways += [f"{number_in_words(number // 12)} dozen {things}"] * 2
    if number >= 40 and number % 20:
        ways.append(f"{number_in_words(number // 20)} score and {number_in_words(number % 20)} {things}")
    if short := -number % 50 if -number % 50 <= 3 else 0:
        ways += [f"{number_in_words(number + short)} {things} less {number_in_words(short)}"] * 2
    return draw.choice(ways)


def date_of(day: int) -> tuple[int, str]:
    """Return the day of the month and the month of a day of the year, from 1."""
    for month, days in MONTHS:
        if day <= days:
            return day, month
        day -= days
    raise ValueError(f"the day lies {day} days behind the year's end")


def day_in_words(day: int, before: int | None, draw: Random) -> str:
    """Return a day in one of several ways: by the day before it in a text, by a feast, or by its date.

    Args:
        day: The day of the year, from 1.
        before: The day that the text spoke of last. None: it spoke of none.
        draw: The source of chance.
    """
    if before is not None and day - before <= _MOST_DAYS_LATER and draw.random() < 0.65:
        return _days_later(day - before)
    feast = min(FEASTS, key=lambda name: abs(FEASTS[name] - day))
    off = day - FEASTS[feast]
    if abs(off) <= _MOST_DAYS_FROM_FEAST and draw.random() < 0.7:
        if off == 0:
            return f"on the first day of {feast}"
        days = "a day" if abs(off) == 1 else f"{number_in_words(abs(off))} days"
        return f"{days} before {feast}" if off < 0 else f"{days} after the first day of {feast}"
    number, month = date_of(day)
    return draw.choice((f"on the {_ordinal(number)} of {month}", f"on {number} {month}", f"on {month} {number}"))


def _days_later(days: int) -> str:
    return {0: "on the same day", 1: "the day after", 7: "a week later"}.get(
        days, f"{number_in_words(days)} days later"
    )


def _ordinal(number: int) -> str:
    if number in _ORDINALS:
        return _ORDINALS[number]
    if number < 20:
        return f"{_SMALL[number]}th"
    return f"{_TENS[number // 10]}-{_ordinal(number % 10)}"
