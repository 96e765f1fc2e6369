"""Read HTML tag by tag in time proportional to its length, without the rules by which browsers repair it.

Those rules take a time that grows with the square of the length where elements are not closed, and more for formatting.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import unescape
from typing import TypeAlias

VOID_TAGS = frozenset(
    re.findall(
        r"\w+", "area base basefont bgsound br col embed frame hr img input keygen link meta param source track wbr"
    )
)
"""Elements without content and end tag."""
_OPTIONAL_END = frozenset(
    re.findall(
        r"\w+", "body caption colgroup dd dt head html li optgroup option p rb rp rt rtc tbody td tfoot th thead tr"
    )
)
"""Elements that the next one ends: left open, they do not nest."""
_RAW_TEXT = frozenset(["iframe", "noembed", "noframes", "script", "style", "textarea", "title", "xmp"])
"""Elements whose content has no tags."""
_OF_THE_HEAD = frozenset(["base", "link", "meta", "noscript", "script", "style", "template", "title"])
_MOST_PARSED_CHARS = 256_000
_MOST_OPEN = 256
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]*)")
_ATTRIBUTE = re.compile(r"""([^\s=/>"']+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+)))?""")
_QUOTE = re.compile(r"=\s*+([\"'])")
_MOST_TAG_CHARS = 65_536


@dataclass(frozen=True, slots=True)
class Start:
    """The start of an element."""

    tag: str
    attributes: Mapping[str, str | None] = field(default_factory=dict[str, str | None])


@dataclass(frozen=True, slots=True)
class End:
    """The end of an element."""

    tag: str


HtmlEvent: TypeAlias = Start | End | str
"""The start or end of an element, or text. Each start has its end, except those of `VOID_TAGS`."""


def is_costly_to_parse(html: str) -> bool:
    """Return True for a page that is big, or leaves many elements open at once."""
    if len(html) > _MOST_PARSED_CHARS:
        return True
    if html.count("<") <= _MOST_OPEN:
        return False
    opened: Counter[str] = Counter()
    total = 0
    for slash, name in _TAG.findall(html):
        tag = name.lower()
        if tag in VOID_TAGS or tag in _OPTIONAL_END:
            continue
        if not slash:
            opened[tag] += 1
            total += 1
            if total > _MOST_OPEN:
                return True
        elif opened[tag]:
            opened[tag] -= 1
            total -= 1
    return False


def tokens_of_html(html: str) -> Iterator[HtmlEvent]:
    """Yield the events of a page. An end tag ends the elements that are still open inside; a stray one is left out."""
    open_tags: list[str] = []
    counts: Counter[str] = Counter()
    for event in _tags_and_texts(html):
        if isinstance(event, End):
            while counts[event.tag]:
                tag = open_tags.pop()
                counts[tag] -= 1
                yield End(tag)
                if tag == event.tag:
                    break
            continue
        if open_tags and open_tags[-1] == "head" and _is_of_the_body(event):
            open_tags.pop()
            counts["head"] -= 1
            yield End("head")
        yield event
        if isinstance(event, Start) and event.tag not in VOID_TAGS:
            open_tags.append(event.tag)
            counts[event.tag] += 1
    for tag in reversed(open_tags):
        yield End(tag)


def _is_of_the_body(event: HtmlEvent) -> bool:
    return bool(event.strip()) if isinstance(event, str) else event.tag not in _OF_THE_HEAD


def _tags_and_texts(html: str) -> Iterator[HtmlEvent]:
    at, length = 0, len(html)
    while at < length:
        start = html.find("<", at)
        if start < 0:
            yield unescape(html[at:])
            return
        if start > at:
            yield unescape(html[at:start])
        tag = _TAG.match(html, start)
        if tag is None:
            at = _after_markup(html, start)
            if at == start:
                yield "<"
                at += 1
            continue
        name, end = tag[2].lower(), _end_of_tag(html, tag.end())
        at = end + 1
        if tag[1]:
            yield End(name)
            continue
        yield Start(name, _attributes(html[tag.end() : end]))
        if name in _RAW_TEXT:
            raw_end = re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE).search(html, at)
            at, raw = (raw_end.start() if raw_end else length), html[at : raw_end.start() if raw_end else length]
            yield unescape(raw) if name in ("textarea", "title") else raw


def _after_markup(html: str, start: int) -> int:
    """Return the end of a comment, a declaration or an instruction; the start if it is none, but a `<` in a text."""
    if html.startswith("<!--", start):
        end = html.find("-->", start + 2)
        return end + 3 if end >= 0 else len(html)
    if html.startswith("<![CDATA[", start):
        return start + len("<![CDATA[")
    if html.startswith(("<!", "<?", "</"), start):
        end = html.find(">", start)
        return end + 1 if end >= 0 else len(html)
    return start


def _end_of_tag(html: str, at: int) -> int:
    """Return the place of the `>` that ends a tag: the first one that no quoted value holds."""
    limit = min(len(html), at + _MOST_TAG_CHARS)
    while True:
        end = html.find(">", at, limit)
        if end < 0:
            return limit
        quote = _QUOTE.search(html, at, end)
        closing = html.find(quote[1], quote.end(), limit) if quote else -1
        if closing < 0:
            return end
        at = closing + 1


def _attributes(text: str) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for name, double, single, bare in _ATTRIBUTE.findall(text):
        found.setdefault(name.lower(), unescape(double or single or bare))
    return found
