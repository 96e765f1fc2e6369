"""Split documents at their headings: `#` in Markdown, underlined ones in Markdown and reStructuredText."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from agentkit import Document

MOST_CHARS = 8_000
"""Default maximum of a part in characters: about two thousand tokens."""

_HASH_HEADING = re.compile(r"#{1,6}[ \t]+(?P<title>.*?)[ \t]*#*$")
_UNDERLINE = re.compile(r"([=\-~^\"'*+#:._])\1{2,}$")
_FENCE = re.compile(r"(```+|~~~+)")


def split_document(document: Document, max_chars: int = MOST_CHARS) -> list[Document]:
    """Split a document into one part per heading; longer ones are cut between paragraphs.

    The parts have no gaps: joined, their texts are the text of the document, so an offset in a part becomes one in the
    document by adding the lengths of the parts before. The id of a part is the document's id and the heading:
    `click#options`; text before the first heading keeps the document's id. A heading without text joins the next one.

    Args:
        document: The document to split.
        max_chars: Maximum number of characters of a part, at least one.
    """
    if max_chars < 1:
        raise ValueError(f"max_chars={max_chars}: a part holds at least one character.")
    taken: Counter[str] = Counter()
    parts: list[Document] = []
    for start, end, heading in _sections(document.text):
        name = f"{document.id}#{_slug(heading)}" if heading else document.id
        title = f"{document.title}: {heading}" if heading and document.title != heading else document.title
        for first, last in _split_span(document.text, start, end, max_chars):
            taken[name] += 1
            part_id = name if taken[name] == 1 else f"{name}-{taken[name]}"
            while part_id in taken and part_id != name:
                part_id += "+"
            taken[part_id] += part_id != name
            parts.append(Document(part_id, document.text[first:last], title))
    return parts


def first_heading(text: str) -> str:
    """Return the first heading of a text. Empty: it has none."""
    return next((title for _, _, title in _headings(text)), "")


def headings_of(text: str) -> list[tuple[int, str]]:
    """Return the start and the words of each heading of a text."""
    return [(start, title) for start, _, title in _headings(text)]


def _sections(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield start, end and heading of each section; a heading without text of its own joins the next section."""
    start, heading, body = 0, "", 0
    for at, below, title in _headings(text):
        if text[body:at].strip() or (not heading and at == 0):
            if at > start:
                yield start, at, heading
            start, heading = at, title
        else:
            heading = heading or title
        body = below
    if text[start:]:
        yield start, len(text), heading


def _headings(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield start, end and text of each heading."""
    fence = ""
    before: list[tuple[int, str]] = [(0, ""), (0, "")]  # the two lines before, with their starts
    for line in re.finditer(r"[^\n]*(?:\n|$)", text):
        content = line[0].rstrip()
        before_two, before = before, [before[1], (line.start(), content)]
        opened = _FENCE.match(content.lstrip())
        if fence:
            fence = "" if content.strip().startswith(fence) and not content.strip().strip(fence[0]) else fence
        elif (above_start := _heading_above(before_two, line.start(), content)) is not None:
            yield above_start, line.end(), before_two[1][1].strip()
        elif opened:
            fence = opened[1]
        elif numbered := _HASH_HEADING.match(content):
            yield line.start(), line.end(), numbered["title"]


def _heading_above(before: list[tuple[int, str]], at: int, line: str) -> int | None:
    """Return the start of the heading that this line underlines, with an overline if there is one. None: no heading."""
    (above, over), (start, title) = before
    if start == at or not _UNDERLINE.match(line) or not _can_be_heading(title):
        return None
    if _UNDERLINE.match(over) and over[0] == line[0]:
        return above
    is_fence = line[0] == "~" and len(line) < len(title)
    return start if not over.strip() and len(line) * 2 >= len(title) and not is_fence else None


def _can_be_heading(line: str) -> bool:
    return bool(re.search(r"\w", line)) and not line.startswith(("    ", "\t", "|", ">", "- ", "* ", "#"))


def _split_span(text: str, start: int, end: int, max_chars: int) -> Iterator[tuple[int, int]]:
    """Yield pieces of the span that fit, cut after a paragraph, else a line, sentence or word, else anywhere."""
    while end - start > max_chars:
        cuts = (text.rfind(mark, start, start + max_chars - len(mark) + 1) + len(mark) for mark in _CUT_MARKS)
        cut = next((cut for cut in cuts if cut > start + max_chars // 4), start + max_chars)
        yield start, cut
        start = cut
    yield start, end


_CUT_MARKS = ("\n\n", "\n", ". ", " ")


def _slug(heading: str) -> str:
    words = re.sub(r"[^\w.-]+", "-", re.sub(r"\]\([^)]*\)|<[^>]*>", "", heading.lower())).strip("-.")
    return words[:40].rstrip("-.") or "part"
