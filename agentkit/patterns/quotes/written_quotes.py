"""Quotes in a text of the writer: those that no document holds are found, in whatever form they are quoted."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from agentkit.patterns.quotes.matching import find_quote
from agentkit.patterns.quotes.verification import Quoted, verify_quotes

UNVERIFIED_MARK = "[a quote that no document holds]"
"""Stands where the writer put words into quotation marks that no document holds."""
UNVERIFIED_ADDRESS_MARK = "[an address that no document holds]"
"""Stands where the writer named a web address that no document holds."""

_RANGE = r"\d{1,5}(?:\s*[\u2013-]\s*\d{1,5})?"
CITED_NUMBERS = re.compile(rf"(?<!\s)\s*\[({_RANGE}(?:\s*[,;]\s*{_RANGE})*)\]")
"""Numbers of evidence, as in `[2]` and `[1, 4-6]`; a date is none."""
_WIDE_NUMBERS = re.compile(r"[\u3010\uff3b](\d[\d\s,;\u2013-]*)(?:\u2020[^\]\u3011\n]{0,60})?[\u3011\uff3d]")
_PAIRS = (
    ("\u201c", "\u201d"), ("\u201c", '"'), ("\u201e", "\u201c\u201d\u201f"), ("\u00ab", "\u00bb"), ("\u00bb", "\u00ab"),
    ("\u2039", "\u203a"), ("\u203a", "\u2039"), ("\u300a", "\u300b"), ("\u300c", "\u300d"), ("\u300e", "\u300f"),
    ("\uff02", "\uff02"),
)  # fmt: skip
"""Quotation marks that open, with those that close."""
_QUOTED = re.compile(
    "|".join(
        (
            *(f"{opening}([^{opening}{closing}]+)[{closing}]" for opening, closing in _PAIRS),
            r"\u2018((?:[^\u2018\u2019]|\u2019(?=\w))+)\u2019(?!\w)",
            r"(?<!\w)\"(?=\S)([^\"\u201d]+)(?<=\S)\u201d",
            r"(?<!\w)\"(?=\S)([^\"]+)(?<=\S)\"(?!\w)",
            r"(?<!\w)'(?=\S)((?:[^'\n]|'(?=\w)){1,500})(?<=\S)'(?!\w)",
            r"``([^`']{1,1000})''",
            r"(?i:&quot;(.{1,1000}?)&quot;)",
            r"(?i:<(?:q|blockquote)\b[^>]{0,200}>(.{1,1000}?)</(?:q|blockquote)>)",
        )
    )
)
"""Words between quotation marks; straight ones only where they open and close words, so that inches are none."""
_BLOCK = re.compile(r"^(?:[ \t]*>(?![ \t]*\[!)[^\n]*(?:\n|$))+", re.MULTILINE)
"""A quote in Markdown, over whole lines."""
_ADDRESS = re.compile(r"(?i)(?:\b(?:https?|ftp)://|(?<![\w@/.])www\.(?=\w))[^\s)\]>\"'\u201d]+")
_ATTRIBUTION = re.compile(r"[ \t]*(?:\u2014|\u2013|--|- )")
"""A line of a block that names where the quote is from."""
_WITHOUT_SPACES = r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\u0e00-\u0e7f]"
_MIN_QUOTED_WORDS = 4
"""Words in quotation marks from which on they are taken for a quote, not for a name or a term; with a digit, always."""


def check_written_quotes(
    text: str, known: Sequence[str], texts: Mapping[str, str], asked: str
) -> tuple[str, list[Quoted]]:
    """Return the text with marks for the quotes and web addresses that no document holds, and these.

    Args:
        text: The text.
        known: Passages that stand in documents, where a quote is looked for first; it becomes the exact span.
        texts: The texts of all documents by id.
        asked: The question; what it quotes, the writer may quote.
    """
    check = _Check(known, texts, asked)
    for pattern, checked in ((_BLOCK, check.block), (_ADDRESS, check.address), (_QUOTED, check.words)):
        text = pattern.sub(checked, text)
    return text, check.false


def with_plain_brackets(text: str) -> str:
    """Return a text with its numbers of evidence in plain brackets, where a model has written wide ones."""
    return _WIDE_NUMBERS.sub(r"[\1]", text)


class _Check:
    """Says what stands in place of a quote; the false ones are collected."""

    def __init__(self, known: Sequence[str], texts: Mapping[str, str], asked: str) -> None:
        self._known, self._texts, self._asked = known, texts, asked
        self.false: list[Quoted] = []

    def block(self, found: re.Match[str]) -> str:
        lines = [re.sub(r"^[ \t]*>[ \t]?", "", line) for line in found[0].splitlines()]
        said = "\n".join("" if _ATTRIBUTION.match(line) else line for line in lines)
        passages = [one for part in said.split("\n\n") if count_words(one := CITED_NUMBERS.sub("", part)) > 1]
        if not self._are_false(passages):
            return found[0]
        return f"> {UNVERIFIED_MARK}{''.join(match[0] for match in CITED_NUMBERS.finditer(found[0]))}\n"

    def address(self, found: re.Match[str]) -> str:
        address = found[0].rstrip(".,;:!?")
        if address in self._asked or any(address in text for text in self._texts.values()):
            return found[0]
        self.false.append(Quoted("", address))
        return UNVERIFIED_ADDRESS_MARK + found[0][len(address) :]

    def words(self, found: re.Match[str]) -> str:
        words = next(group for group in found.groups() if group is not None)
        is_quote = count_words(words) >= _MIN_QUOTED_WORDS or re.search(r"\d", words)
        if not is_quote or find_quote(words, self._asked):
            return found[0]
        if (span := next((span for quote in self._known if (span := find_quote(words, quote))), None)) is not None:
            return found[0].replace(words, " ".join(span.text.split()))
        return UNVERIFIED_MARK if self._are_false([words]) else found[0]

    def _are_false(self, passages: Sequence[str]) -> bool:
        verified = verify_quotes([Quoted("", passage) for passage in passages], self._texts)
        self.false += verified.dropped
        return bool(verified.dropped)


def count_words(text: str) -> int:
    """Return the number of words; where a script has no spaces between them, two characters are one."""
    joined = re.findall(_WITHOUT_SPACES, text)
    return len(re.findall(r"\w+", re.sub(_WITHOUT_SPACES, " ", text))) + len(joined) // 2
