"""Verify quotes against their documents: quotes that a document does not contain are dropped and counted."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentkit import Document
    from agentkit.cli.commands.demo_agents import Quote

_UNVERIFIED_MARK = "[a quote that its document does not hold]"
_MIN_DROPPED_CHARS = 12
"""Characters that a dropped quote needs to be replaced in the answer; shorter ones may be ordinary words."""


def verify_quotes(quotes: Sequence[Quote], documents: Mapping[str, Document]) -> tuple[list[Quote], list[Quote]]:
    """Split quotes into those that their documents contain, and the dropped ones.

    The first have the text and place of the document, and no duplicates.
    """
    kept: dict[tuple[str, int, int], Quote] = {}
    dropped: list[Quote] = []
    for quote in quotes:
        found = _located_quote(quote, documents.get(quote.document))
        if found is None:
            dropped.append(quote)
        else:
            kept[found.document, found.start, found.end] = found
    return list(kept.values()), dropped


def answer_without_quotes(answer: str, kept: Sequence[Quote], dropped: Sequence[Quote]) -> str:
    """Return the answer without the citations that are shown apart, and with dropped quotes replaced by a mark."""
    for quote in sorted([*kept, *dropped], key=lambda quote: -len(quote.text)):
        if words := _quote_pattern(quote.text):
            answer = re.sub(rf"^\[[^\]\n]*\]\s*{words}\s*$\n*", "", answer, flags=re.MULTILINE)
    for quote in dropped:
        if len(quote.text.strip()) >= _MIN_DROPPED_CHARS:
            answer = re.sub(_quote_pattern(quote.text), _UNVERIFIED_MARK, answer)
    return answer.strip()


def _located_quote(quote: Quote, document: Document | None) -> Quote | None:
    """Return the quote with the text and place that its document has, None if it is not there.

    Models miscount characters and rewrap lines, so place and white space may differ; words may not.
    """
    pattern = _quote_pattern(quote.text)
    if document is None or not pattern:
        return None
    start = quote.start + len(quote.text) - len(quote.text.lstrip())
    place = re.compile(pattern).match(document.text, start) if start >= 0 else None
    place = place or re.search(pattern, document.text)
    return None if place is None else replace(quote, text=place[0], start=place.start(), end=place.end())


def _quote_pattern(text: str) -> str:
    """Return a pattern for a text with any line breaks. U+FFFD matches any character: requests cannot carry some."""
    return r"\s+".join("".join(map(_character_pattern, word)) for word in text.split())


def _character_pattern(character: str) -> str:
    return re.escape(character) if character.isprintable() and character != "\ufffd" else r"[\s\S]"
