"""The writer's answer, checked: its numbers lead to evidence, its quotes stand in documents, the rest is marked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from agentkit.messages.message import JSON
from agentkit.patterns.quotes.verification import Citation, Quoted
from agentkit.patterns.quotes.written_quotes import (
    CITED_NUMBERS,
    UNVERIFIED_MARK,
    check_written_quotes,
    count_words,
    with_plain_brackets,
)

if TYPE_CHECKING:
    from agentkit.run.output import OutputSpec

UNCITED_MARK = "[uncited]"
"""Stands behind a sentence that names no evidence."""

_MIN_SENTENCE_WORDS = 4
_END = ".!?\u3002\uff01\uff1f"
_SENTENCE = re.compile(
    rf"(?:[^{_END}\n]|[.!?](?![\"'\u201d\u00bb)*_]*(?:\s|$))|(?<=\b[A-Z])\.|(?<=e\.g)\.|(?<=i\.e)\.)+"
    rf"(?:[{_END}]+[\"'\u201d\u00bb\u300d)*_]*)?(?:[ \t]*\[(?:\d[\d ,;\u2013-]*|uncited)\])*[{_END}]?"
)


@dataclass(frozen=True, slots=True)
class CheckedText:
    """A text of the writer after the check."""

    text: str
    cited: frozenset[int]
    """The numbers of the evidence that it names."""
    false_quotes: tuple[Quoted, ...] = ()
    """Words in quotation marks that no document holds; a mark stands in their place."""
    uncited: tuple[str, ...] = ()
    """Sentences that name no evidence; each has a mark."""


def check_text(text: str, evidence: Sequence[Citation], texts: Mapping[str, str], asked: str) -> CheckedText:
    """Check a text of the writer.

    Args:
        text: The text.
        evidence: The evidence by its numbers, the first is 1.
        texts: The texts of all documents by id.
        asked: The question; what it quotes, the writer may quote.
    """
    cited: set[int] = set()

    def checked_numbers(found: re.Match[str]) -> str:
        numbers = [number for number in numbers_in(found[1]) if 1 <= number <= len(evidence)]
        cited.update(numbers)
        return f" [{', '.join(map(str, numbers))}]" if numbers else ""

    text, false = check_written_quotes(with_plain_brackets(text), [one.quote for one in evidence], texts, asked)
    text = CITED_NUMBERS.sub(checked_numbers, text)
    uncited: list[str] = []

    def marked(found: re.Match[str]) -> str:
        sentence = found[0].strip()
        if _needs_evidence(text, found, sentence):
            uncited.append(sentence)
            return f"{found[0].rstrip()} {UNCITED_MARK}"
        return found[0]

    return CheckedText(_SENTENCE.sub(marked, text).strip(), frozenset(cited), tuple(false), tuple(uncited))


def sentences_of(text: str) -> Iterator[str]:
    """Yield the sentences of a text with their numbers, and what is between them; together they are the text."""
    at = 0
    for found in _SENTENCE.finditer(text):
        if found.start() > at:
            yield text[at : found.start()]
        yield found[0]
        at = found.end()
    if at < len(text):
        yield text[at:]


def numbers_in(listed: str) -> list[int]:
    """Return the numbers of `2, 4-6`."""
    found: list[int] = []
    for part in re.split(r"[,;]", listed):
        first, _, last = re.sub("\u2013", "-", part).partition("-")
        found += range(int(first), min(int(last or first), int(first) + 100) + 1)
    return list(dict.fromkeys(found))


def _needs_evidence(text: str, found: re.Match[str], sentence: str) -> bool:
    if count_words(sentence) < _MIN_SENTENCE_WORDS or CITED_NUMBERS.search(sentence) or UNVERIFIED_MARK in sentence:
        return False
    if text[text.rfind("\n", 0, found.end()) + 1 :].lstrip().startswith(">"):  # a block that documents hold
        return False
    is_heading = sentence.startswith("#") or (sentence.startswith("**") and sentence.endswith("**"))
    return not (is_heading or sentence.endswith((":", "?")) or text[found.end() : found.end() + 1] == ":")


def check_answer(
    answer: object, spec: OutputSpec[Any], evidence: Sequence[Citation], texts: Mapping[str, str], asked: str
) -> tuple[object, list[CheckedText]]:
    """Return the answer with marks where no evidence shows what it says. None: its type does not allow them.

    Args:
        answer: The writer's output.
        spec: The type of the output.
        evidence: The evidence by its numbers, the first is 1.
        texts: The texts of all documents by id.
        asked: The question.
    """
    if isinstance(answer, str):
        checked = check_text(answer, evidence, texts, asked)
        return checked.text, [checked]
    form = spec.form.inner
    value, found = check_value(form.dump(answer), evidence, texts, asked)
    short = [replace(one, uncited=()) for one in found]
    if not any(one.false_quotes for one in found):
        return answer, short
    try:
        return form.validate(value), short
    except ValueError:  # pydantic's errors are of this kind
        return None, found


def check_value(
    value: JSON, evidence: Sequence[Citation], texts: Mapping[str, str], asked: str
) -> tuple[JSON, list[CheckedText]]:
    """Check all texts of a typed answer, as JSON. Its fields are short: none is marked as uncited."""
    if isinstance(value, str):
        checked = check_text(value, evidence, texts, asked)
        is_changed = bool(checked.false_quotes)
        plain = checked.text.replace(f" {UNCITED_MARK}", "") if is_changed else value
        return plain, [checked]
    if isinstance(value, list):
        pairs = [check_value(one, evidence, texts, asked) for one in value]
        return [new for new, _ in pairs], [one for _, some in pairs for one in some]
    if isinstance(value, dict):
        named = {key: check_value(one, evidence, texts, asked) for key, one in value.items()}
        return {key: new for key, (new, _) in named.items()}, [one for _, some in named.values() for one in some]
    return value, []
