"""Documents in parts at their headings: Markdown, underlined headings of Markdown and reStructuredText."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from agentkit import Document

MOST_CHARS = 8_000
"""Characters of a part, unless told otherwise: some two thousand tokens."""

_NUMBERED = re.compile(r"#{1,6}[ \t]+(?P<title>.*?)[ \t]*#*$")
_UNDERLINE = re.compile(r"([=\-~^\"'*+#:._])\1{2,}$")
_FENCE = re.compile(r"(```+|~~~+)")


def split(document: Document, max_chars: int = MOST_CHARS) -> list[Document]:
    """A document in parts, one for each heading with what stands below it; longer ones are cut between paragraphs.

    The parts follow each other without a gap: joined, their texts are the text of the document, so an offset in a
    part is one in the document after adding the lengths of the parts before. The id of a part is the document's and
    its heading: `click#options`; what stands before the first heading keeps the document's own id. A heading with
    nothing below it goes with the next one.

    Args:
        document: What to split.
        max_chars: The most characters of a part, at least one.
    """
    if max_chars < 1:
        raise ValueError(f"max_chars={max_chars}: a part holds at least one character.")
    taken: Counter[str] = Counter()
    parts: list[Document] = []
    for start, end, heading in _sections(document.text):
        name = f"{document.id}#{_slug(heading)}" if heading else document.id
        title = f"{document.title}: {heading}" if heading and document.title != heading else document.title
        for first, last in _pieces(document.text, start, end, max_chars):
            taken[name] += 1
            part_id = name if taken[name] == 1 else f"{name}-{taken[name]}"
            while part_id in taken and part_id != name:
                part_id += "+"
            taken[part_id] += part_id != name
            parts.append(Document(part_id, document.text[first:last], title))
    return parts


def first_heading(text: str) -> str:
    """The first heading of a text. Empty: it has none."""
    return next((title for _, _, title in _headings(text)), "")


def _sections(text: str) -> Iterator[tuple[int, int, str]]:
    """Start, end and heading of each section; a heading without a text of its own joins the one that follows."""
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
    """Where each heading starts, where it ends, and what it says."""
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
        elif numbered := _NUMBERED.match(content):
            yield line.start(), line.end(), numbered["title"]


def _heading_above(before: list[tuple[int, str]], at: int, line: str) -> int | None:
    """Where the heading starts that this line underlines; the line before it may be a line over it."""
    (above, over), (start, title) = before
    if start == at or not _UNDERLINE.match(line) or not _can_be_heading(title):
        return None
    if _UNDERLINE.match(over) and over[0] == line[0]:
        return above
    is_fence = line[0] == "~" and len(line) < len(title)
    return start if not over.strip() and len(line) * 2 >= len(title) and not is_fence else None


def _can_be_heading(line: str) -> bool:
    return bool(re.search(r"\w", line)) and not line.startswith(("    ", "\t", "|", ">", "- ", "* ", "#"))


def _pieces(text: str, start: int, end: int, max_chars: int) -> Iterator[tuple[int, int]]:
    """The span in pieces that fit, cut after a paragraph, else after a line, a sentence, a word, anywhere."""
    while end - start > max_chars:
        cuts = (text.rfind(mark, start, start + max_chars - len(mark) + 1) + len(mark) for mark in _CUTS)
        cut = next((cut for cut in cuts if cut > start + max_chars // 4), start + max_chars)
        yield start, cut
        start = cut
    yield start, end


_CUTS = ("\n\n", "\n", ". ", " ")


def _slug(heading: str) -> str:
    words = re.sub(r"[^\w.-]+", "-", re.sub(r"\]\([^)]*\)|<[^>]*>", "", heading.lower())).strip("-.")
    return words[:40].rstrip("-.") or "part"
