"""Packing of documents into requests: small ones together, big ones split at headings with overlap."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from agentkit.messages.content import Document

PACK_TOKENS = 16_000
"""Default tokens of the documents in one request. Far below the window: readers miss more in longer prompts."""
OVERLAP_TOKENS = 200
"""Tokens at the end of a part that its successor repeats, so that no passage is cut in two for both."""
PICTURE_TOKENS = 3_000
"""Tokens of a page that is sent as a picture: the upper end of what the API counts for one."""
BYTES_PER_TOKEN = 3.5
"""English prose has more, tables, code and other scripts fewer: an estimate on the side of more tokens."""


def estimated_tokens(text: str) -> int:
    """Return an estimate of the tokens of a text."""
    return int(len(text.encode(errors="replace")) / BYTES_PER_TOKEN) + 1


@dataclass(frozen=True, slots=True)
class Part:
    """A document, or a part of one, that a reader gets."""

    document: str
    """The id of the document."""
    start: int
    end: int
    """The part's place, in characters of the document."""
    tokens: int
    """An estimate."""
    is_whole: bool
    """True if it is the whole document."""
    page: int = 0
    """The page of a PDF that is only a picture, and is sent as one; its place is the mark in the text. 0: a text."""

    @property
    def name(self) -> str:
        """The name of the part, for people."""
        if self.page:
            return f"{self.document}, page {self.page}"
        return self.document if self.is_whole else f"{self.document}, characters {self.start}-{self.end}"


@dataclass(frozen=True, slots=True)
class Pack:
    """The parts of one request."""

    parts: tuple[Part, ...]

    @property
    def tokens(self) -> int:
        """An estimate of the tokens of its documents."""
        return sum(part.tokens for part in self.parts)


def split_into_parts(document: str, text: str, most_tokens: int = PACK_TOKENS) -> list[Part]:
    """Return a document as parts of at most so many tokens, cut at headings where there are any.

    Each part but the first begins a little before the end of the one before it, at a line or a word.
    """
    total = estimated_tokens(text)
    if total <= most_tokens:
        return [Part(document, 0, len(text), total, is_whole=True)]
    overlap_tokens = min(OVERLAP_TOKENS, most_tokens // 8)
    chars_per_token = len(text) / total
    room = max(1, int((most_tokens - overlap_tokens) * chars_per_token))
    overlap = int(overlap_tokens * chars_per_token)
    parts: list[Part] = []
    for start, end in _cut(text, room):
        first = _begin_overlap(text, start, overlap) if start else 0
        parts.append(Part(document, first, end, estimated_tokens(text[first:end]), is_whole=False))
    return parts


def picture_parts(document: str, text: str, pages: Iterable[int]) -> list[Part]:
    """Return the pages of a document that are only pictures as parts."""
    from agentkit_tools.pdf_text import picture_mark

    marks = ((page, picture_mark(page)) for page in pages)
    starts = ((page, text.find(mark), len(mark)) for page, mark in marks)
    return [Part(document, at, at + size, PICTURE_TOKENS, is_whole=False, page=page) for page, at, size in starts]


def _cut(text: str, room: int) -> Iterator[tuple[int, int]]:
    """Yield spans without gaps of at most `room` characters: as many whole sections as fit."""
    from agentkit_tools.sections import split_document

    start = end = 0
    for section in split_document(Document("", text), room):
        if end > start and end + len(section.text) - start > room:
            yield start, end
            start = end
        end += len(section.text)
    yield start, end


def _begin_overlap(text: str, start: int, overlap: int) -> int:
    """Return where a part begins that repeats up to so many characters before it: at a line, or else at a word."""
    earliest = max(0, start - overlap)
    for mark in ("\n", " "):
        at = text.find(mark, earliest, start)
        if at >= 0:
            return at + 1
    return start


def pack_parts(parts: Iterable[Part], most_tokens: int = PACK_TOKENS) -> list[Pack]:
    """Return parts in packs of at most so many tokens, in order; a bigger part, and a page, has a pack of its own."""
    packs: list[Pack] = []
    filling: list[Part] = []
    tokens = 0
    for part in parts:
        if filling and (tokens + part.tokens > most_tokens or part.page or filling[-1].page):
            packs.append(Pack(tuple(filling)))
            filling, tokens = [], 0
        filling.append(part)
        tokens += part.tokens
    return [*packs, Pack(tuple(filling))] if filling else packs
