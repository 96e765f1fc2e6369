"""Quotes held against their documents: only what really stands there is shown, the rest is counted."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentkit import Document
    from agentkit.cli.commands.demo_agents import Quote

_UNVERIFIED = "[a quote that its document does not hold]"
_SHORTEST = 12
"""Characters of a dropped quote that is looked for in the answer; shorter ones are words like any other."""


def check(quotes: Sequence[Quote], documents: Mapping[str, Document]) -> tuple[list[Quote], list[Quote]]:
    """The quotes that stand in their documents, each once, as it stands there and with its true place; the others."""
    kept: dict[tuple[str, int, int], Quote] = {}
    dropped: list[Quote] = []
    for quote in quotes:
        found = _in_place(quote, documents.get(quote.document))
        if found is None:
            dropped.append(quote)
        else:
            kept[found.document, found.start, found.end] = found
    return list(kept.values()), dropped


def prose(answer: str, kept: Sequence[Quote], dropped: Sequence[Quote]) -> str:
    """The answer's own words: citations that are shown apart are left out, and what was dropped is not repeated."""
    for quote in sorted([*kept, *dropped], key=lambda quote: -len(quote.text)):
        if words := _pattern(quote.text):
            answer = re.sub(rf"^\[[^\]\n]*\]\s*{words}\s*$\n*", "", answer, flags=re.MULTILINE)
    for quote in dropped:
        if len(quote.text.strip()) >= _SHORTEST:
            answer = re.sub(_pattern(quote.text), _UNVERIFIED, answer)
    return answer.strip()


def _in_place(quote: Quote, document: Document | None) -> Quote | None:
    """The quote as its document has it. Models miscount characters and rewrap lines; they may not change a word."""
    pattern = _pattern(quote.text)
    if document is None or not pattern:
        return None
    start = quote.start + len(quote.text) - len(quote.text.lstrip())
    place = re.compile(pattern).match(document.text, start) if start >= 0 else None
    place = place or re.search(pattern, document.text)
    return None if place is None else replace(quote, text=place[0], start=place.start(), end=place.end())


def _pattern(text: str) -> str:
    """Matches a text in whatever lines it is broken; U+FFFD stands for a character that no request can carry."""
    return r"\s+".join("".join(map(_character, word)) for word in text.split())


def _character(character: str) -> str:
    return re.escape(character) if character.isprintable() and character != "\ufffd" else r"[\s\S]"
