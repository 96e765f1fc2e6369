"""Verification of quotes: each is replaced by the exact span of its document, moved to the one that has it, or dropped.

verified = verify_quotes([Quoted("handbook", "fees are refunded")], documents)
verified.citations, verified.dropped, verified.misplaced

reader.as_tool(verify=verify_output(documents))     # a sub-agent that invents a quote is asked again
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import TypeAlias, cast

from agentkit.messages.content import Document
from agentkit.messages.message import JSONObject
from agentkit.patterns.quotes.matching import (
    MOST_PASSAGES,
    Span,
    find_passages,
    find_quote,
    leaves_negation_out,
    split_quote,
)

Documents: TypeAlias = Iterable[Document] | Mapping[str, str]
"""Documents, or texts by id; a mapping may read each text when it is asked for it."""

_DOCUMENT_NAMES = ("document", "source", "document_id", "source_id", "doc_id", "doc")
_MAX_SHOWN_CHARS = 120


@dataclass(frozen=True, slots=True)
class Quoted:
    """A quote as a model gave it."""

    document: str
    """The id of the document in which it should stand. Empty: any."""
    quote: str
    """The quote; one with an ellipsis is several passages."""
    claim: str = ""
    """The statement that the quote supports."""
    relevance: float = 0.5
    """Its weight for the question, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Citation:
    """A passage that stands in a document: `text[start:end] == quote`."""

    document: str
    """The id of the document."""
    start: int
    """The beginning of the passage, in characters from the start of the document."""
    end: int
    """The end of the passage, in characters from the start of the document."""
    quote: str
    """The passage, as it stands there."""
    claim: str = ""
    """The statement that it supports."""
    relevance: float = 0.5
    """Its weight for the question, 0 to 1."""
    place: str = ""
    """The page or the section, for people. Empty: not known."""


@dataclass(frozen=True, slots=True)
class VerifiedQuotes:
    """The passages of some quotes, and what became of the others."""

    citations: tuple[Citation, ...]
    """The passages, in the order of their quotes."""
    dropped: tuple[Quoted, ...] = ()
    """Quotes, and parts of quotes, that no document holds."""
    misplaced: int = 0
    """The number of citations that stand in another document than their quote named."""


def verify_quotes(quotes: Iterable[Quoted], documents: Documents) -> VerifiedQuotes:
    """Return the exact passages of quotes, wherever they stand, and the quotes that no document holds.

    Args:
        quotes: The quotes, each with the document that it names.
        documents: All documents in which they may stand.
    """
    texts = texts_by_id(documents)
    given = list(quotes)
    found: dict[int, list[tuple[str, Span]]] = {index: [] for index in range(len(given))}
    missing: list[tuple[int, Quoted]] = []
    for index in sorted(found, key=lambda index: given[index].document):  # each text is read and folded once
        quoted = given[index]
        for passage, span in _passages(quoted, texts):
            if span is None:
                missing.append((index, replace(quoted, quote=passage)))
            else:
                found[index].append((quoted.document, span))
    moved: dict[int, list[tuple[str, Span]]] = {}
    for document in texts if missing else ():
        text, still = texts[document], list[tuple[int, Quoted]]()
        for index, part in missing:
            if (span := find_quote(part.quote, text)) is None:
                still.append((index, part))
            else:
                moved.setdefault(index, []).append((document, span))
        missing = still
    for index in range(len(given)):
        if _leaves_negation_out(given[index], (*found[index], *moved.get(index, ())), texts):
            missing = [*((at, part) for at, part in missing if at != index), (index, given[index])]
            found[index], moved[index] = [], []
    dropped = tuple(part for _, part in sorted(missing, key=lambda one: one[0]))
    citations = [
        Citation(document, span.start, span.end, span.text, given[index].claim, given[index].relevance)
        for index in range(len(given))
        for document, span in (*found[index], *moved.get(index, ()))
    ]
    misplaced = sum(len(some) for index, some in moved.items() if given[index].document)
    return VerifiedQuotes(tuple(citations), dropped, misplaced)


def citations_of_api(citations: Iterable[JSONObject], documents: Sequence[Document]) -> list[Citation]:
    """Return the API's own citations (`result.citations`) as passages of the documents that a prompt held.

    The API makes them where document blocks have `"citations": {"enabled": True}`; the answer is text then, since
    citations and a typed output exclude each other. One that points to no passage of a document is left out.

    Args:
        citations: Citations in the API's form; those of text documents have places in characters.
        documents: The documents in the order of their blocks.
    """
    found: list[Citation] = []
    for one in citations:
        number = one.get("document_index")
        if not isinstance(number, int) or not 0 <= number < len(documents):
            continue
        document, start, end = documents[number], one.get("start_char_index"), one.get("end_char_index")
        text = str(one.get("cited_text") or "")
        span = find_quote(text, document.text)
        if isinstance(start, int) and isinstance(end, int) and text and document.text[start:end] == text:
            span = Span(start, end, text)
        if span is not None:
            found.append(Citation(document.id, span.start, span.end, span.text))
    return found


def verify_output(documents: Documents) -> Callable[[object], str | None]:
    """Return a function for `verify=` of a sub-agent: it checks every quote in its output, whatever its type.

    Quotes are the fields, or keys, `quote` and `quotes`, at any depth; a field `document` or `source` beside them names
    the document. The sub-agent reads which of its quotes are wrong, and answers again.

    Args:
        documents: The documents that it may quote from.
    """
    texts = texts_by_id(documents)

    def check(output: object) -> str | None:
        problems: list[str] = []
        for quoted in quotes_of(output):
            verified = verify_quotes([quoted], texts)
            problems += [f"no document holds the quote {_shown(one.quote)}" for one in verified.dropped]
            if verified.misplaced:
                where = ", ".join(dict.fromkeys(repr(one.document) for one in verified.citations))
                problems.append(f"the quote {_shown(quoted.quote)} stands in {where}, not in {quoted.document!r}")
        if not problems:
            return None
        return f"Quote word for word, or leave the quote out: {'; '.join(problems)}."

    return check


def quotes_of(output: object, document: str = "") -> Iterator[Quoted]:
    """Yield the quotes of an output of any type: those of its fields `quote` and `quotes`, however deep.

    Args:
        output: A model, a dataclass, a mapping, or a list of these.
        document: The document of quotes that name none, in a field beside or above them.
    """
    if isinstance(output, Sequence) and not isinstance(output, str | bytes):
        for one in cast("Sequence[object]", output):
            yield from quotes_of(one, document)
        return
    values = _values_of(output)
    named = (values[name] for name in _DOCUMENT_NAMES if isinstance(values.get(name), str))
    document = str(next(named, document))
    claim, relevance = values.get("claim"), values.get("relevance")
    share = float(relevance) if isinstance(relevance, int | float) and 0 <= relevance <= 1 else 0.5
    for name, value in values.items():
        if name in ("quote", "quotes"):
            passages = [value] if isinstance(value, str) else value
            for one in cast("list[object]", passages) if isinstance(passages, list | tuple) else ():
                if isinstance(one, str):
                    if not one.strip():  # so says a reader that nothing is there
                        continue
                    yield Quoted(document, one, str(claim or ""), share)
                else:
                    yield from quotes_of(one, document)
        else:
            yield from quotes_of(value, document)


def texts_by_id(documents: Documents) -> Mapping[str, str]:
    """Return the texts of documents by their ids."""
    if isinstance(documents, Mapping):
        return cast("Mapping[str, str]", documents)
    return {document.id: document.text for document in documents}


def _passages(quoted: Quoted, texts: Mapping[str, str]) -> list[tuple[str, Span | None]]:
    text = texts.get(quoted.document)
    if text is not None:
        return find_passages(quoted.quote, text) or [(quoted.quote, None)]
    parts = split_quote(quoted.quote)
    return [(part, None) for part in parts] if 0 < len(parts) <= MOST_PASSAGES else [(quoted.quote, None)]


def _leaves_negation_out(quoted: Quoted, found: Sequence[tuple[str, Span]], texts: Mapping[str, str]) -> bool:
    if len(found) < 2:
        return False
    passages = split_quote(quoted.quote)
    return any(leaves_negation_out(passages, span, texts[document]) for document, span in found)


def _values_of(output: object) -> dict[str, object]:
    """Return the fields of a dataclass or a model, or the items of a dictionary; empty for anything else."""
    if isinstance(output, Mapping):
        return {str(key): value for key, value in cast("Mapping[object, object]", output).items()}
    if is_dataclass(output) and not isinstance(output, type):
        return {one.name: getattr(output, one.name) for one in fields(output)}
    names = getattr(type(output), "model_fields", None)
    return {name: getattr(output, name) for name in cast("Iterable[str]", names)} if names else {}


def _shown(quote: str) -> str:
    return repr(quote if len(quote) <= _MAX_SHOWN_CHARS else f"{quote[:_MAX_SHOWN_CHARS]}...")
