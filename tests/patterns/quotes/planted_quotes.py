"""Passages as models copy them, with other typography, and as they falsify them."""

from __future__ import annotations

import re
import textwrap
from random import Random

WORDS = re.split(
    " ",
    "the fee of 120 EUR is not refundable within 14 days unless Bank A3 confirms 2.5 % interest on well-known "
    "accounts, which \"cannot\" be closed before 2027-01-31; customers' cards aren't charged over $1,500 or 30 km at "
    "most, -5 points and 3-4 business days never without notice",
)
_UNITS = {"EUR": "USD", "km": "miles", "%": "\u2030", "days": "weeks", "$1,500": "1,500", "points": "percent"}
_NEGATIONS = {"not": "", "never": "", "without": "having", "cannot": "can", '"cannot"': '"can"', "aren't": "are"}


def retyped(words: list[str], random: Random) -> str:
    """The same words with other white space, marks, dashes and hyphenation."""
    text = " ".join(words)
    change = random.choice(["wrap", "spaces", "marks", "dashes", "hyphenation", "around"])
    if change == "wrap":
        return textwrap.fill(text, 30, break_on_hyphens=False)
    if change == "spaces":
        return re.sub(" ", lambda _: random.choice(["  ", "\n", "\u00a0", "\t", " \r\n"]), text)
    if change == "marks":
        return re.sub('"([^"]*)"', "\u201c\\1\u201d", text).replace("'", "\u2019")
    if change == "dashes":
        return re.sub(r"(?<=[^\W\d])-(?=[^\W\d])", "\u2010", text)
    if change == "around":
        return random.choice(["\u201c{}\u201d", '"{}"', "'{}'", "\u00ab{}\u00bb"]).format(text)
    mark = random.choice(["-\n", "\u00ad", "\u00ad\n  ", "\u2010\n"])
    return re.sub(r"(?<=[a-z]{3})(?=[a-z]{3})", mark, text, count=2)


def falsified(words: list[str], random: Random) -> str | None:
    """The words with one change of meaning. None: this one cannot be made here."""
    at = random.randrange(len(words))
    change = random.choice(["invent", "digits", "not", "unit", "order", "splice", "sign", "decimal"])
    changed = list(words)
    if change == "invent":
        changed[at] = random.choice(["always", "free", "15", "Bank A4", "not"])
    elif change == "splice":
        changed = words[: at // 2] + words[at:]
    elif change == "order" and at > 0:
        changed[at - 1], changed[at] = changed[at], changed[at - 1]
    elif change in ("unit", "not"):
        other = _UNITS if change == "unit" else _NEGATIONS
        changed = list(filter(None, (other.get(word, word) for word in words)))
    elif numbers := [place for place, word in enumerate(words) if re.search(r"\d", word)]:
        place = random.choice(numbers)
        changed[place] = {
            "digits": re.sub(r"\d", lambda digit: str((int(digit[0]) + 1) % 10), words[place], count=1),
            "sign": words[place][1:] if words[place].startswith("-") else f"-{words[place]}",
        }.get(change, re.sub(r"(?<=\d)[.,](?=\d)", "", words[place]))
    return None if changed == words or not changed else " ".join(changed)


def stands_in(quote: str, text: str) -> bool:
    """True where the words stand one after another in the text, as they are."""
    return f" {quote} " in f" {text} "
