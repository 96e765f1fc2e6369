"""A text in passages: sentences, list items, lines of tables and pieces of code, each an exact slice of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

MOST_CHARS = 400
"""Characters of a passage; a longer sentence is cut at a space."""
_HEADING = re.compile(r"#{1,6}\s+\S")
_UNDERLINE = re.compile(r"([=\-~^\"'*+#`:.])\1{2,}$")
_ITEM = re.compile(r"(?:[-*+•]|\(?\d{1,3}[.)]|\|)\s")
_FENCE = re.compile(r"```|~~~")
_SENTENCE_END = re.compile(r"[.!?…][\"')\]”»*_`]*\s+(?=[\"'(\[“„«*_`]*[^\W_a-z])|[。！？]")
_ABBREVIATION = re.compile(
    r"\b(?:e\.g|i\.e|etc|vs|cf|Dr|Mr|Mrs|Ms|Prof|St|No|Nr|Abs|Art|bzw|ca|z\. ?B|d\. ?h|\w)\.\s+$"
)


@dataclass(frozen=True, slots=True)
class Source:
    """A text that can be quoted."""

    id: str
    text: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Passage:
    """A part of a source that can be quoted: `text == source.text[start:end]`, in code points."""

    source: str
    start: int | None
    """None when whoever quoted it did not say."""
    end: int | None
    text: str
    heading: str = ""
    """The heading above it."""
    is_heading: bool = False

    def overlaps(self, other: Passage) -> bool:
        """Whether both quote the same words of the same source."""
        if self.source != other.source or None in (self.start, self.end, other.start, other.end):
            return (self.source, self.text) == (other.source, other.text)
        return (self.start or 0) < (other.end or 0) and (other.start or 0) < (self.end or 0)


def passages(source: Source) -> list[Passage]:
    """The passages of a text, in order; none of an empty one."""
    found: list[Passage] = []
    heading = ""
    for start, end, kind in _blocks(source.text):
        if kind == "heading":
            heading = source.text[start:end].strip("# \t")
        pieces = _sentences(source.text, start, end) if kind == "prose" else [(start, end)]
        for first, last in (cut for piece in pieces for cut in _cuts(source.text, *piece)):
            text = source.text[first:last]
            found.append(Passage(source.id, first, last, text, heading, kind == "heading"))
    return [_with_what_follows(source, found, i) for i in range(len(found))]


def _blocks(text: str) -> Iterator[tuple[int, int, str]]:
    """Spans with their kind: heading, prose or code."""
    start: int | None = None
    in_code = False
    kind = "prose"
    for line in re.finditer(r"[^\n]*\n?", text):
        stripped = line[0].strip()
        is_fence = bool(_FENCE.match(stripped))
        is_first_of_its_own = not in_code and bool(_HEADING.match(stripped) or _ITEM.match(stripped))
        is_underline = not in_code and bool(_UNDERLINE.match(stripped))
        if start is not None and is_underline and "\n" not in text[start : line.start()].strip():
            kind = "heading"
        if start is not None and (not stripped or is_fence or is_first_of_its_own or is_underline):
            yield start, line.start(), kind
            start = None
        in_code ^= is_fence
        if _HEADING.match(stripped) and not in_code:
            yield line.start(), line.end(), "heading"
        elif start is None and stripped and not is_fence and not is_underline:
            start, kind = line.start(), "code" if in_code else "prose"
    if start is not None:
        yield start, len(text), kind


def _sentences(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    for stop in _SENTENCE_END.finditer(text, start, end):
        if not _ABBREVIATION.search(text, start, stop.end()):
            yield start, stop.end()
            start = stop.end()
    yield start, end


def _cuts(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The span without the space around it, in pieces that are not too long."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    while end - start > MOST_CHARS:
        space = max(text.rfind(space, start, start + MOST_CHARS) for space in " \n\t")
        cut = space if space > start else start + MOST_CHARS
        yield start, cut
        start = cut + (cut == space)
    if start < end:
        yield start, end


def _with_what_follows(source: Source, found: list[Passage], i: int) -> Passage:
    """A passage that ends with a colon together with what it announces."""
    passage = found[i]
    last = i
    while (
        found[last].text.endswith(":" if last == i else (":", ",", ";", "or", "and"))
        or (last > i and last + 1 < len(found) and _ITEM.match(found[last + 1].text) and _ITEM.match(found[last].text))
    ) and last + 1 < len(found):
        following = found[last + 1]
        if passage.is_heading or following.is_heading or (following.end or 0) - (passage.start or 0) > 1.5 * MOST_CHARS:
            break
        last += 1
    if last == i:
        return passage
    end = found[last].end
    return Passage(passage.source, passage.start, end, source.text[passage.start : end], passage.heading)
