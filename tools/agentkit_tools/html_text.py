"""Convert HTML to text: headings and lists as in Markdown, without scripts, styles and navigation.

What fields of a form hold is part of the text, as are the descriptions of pictures: a reader of the page sees them.
Text that an element hides is marked as `[hidden: ...]`; by colours, sizes and style sheets it is not known.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING

from agentkit_tools.html_hidden import may_hide
from agentkit_tools.html_tokens import VOID_TAGS, End, HtmlEvent, Start, is_costly_to_parse, tokens_of_html
from agentkit_tools.html_writer import ATTRIBUTE_TAGS, SKIPPED_TAGS, HtmlTextWriter

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

MISSING_HTML_EXTRA = "reading HTML needs the extra `documents`: pip install selectolax"
MOST_SECONDS = 30.0
"""Maximum duration of reading one page in seconds; the text says so where the rest is left out."""
_CUT = "[the rest of this page is not read: it took too long]"
_MOST_EMBEDDED = 3
"""Maximum number of pages inside one another, each in an `<iframe srcdoc>`."""


@cache
def is_html_extra_installed() -> bool:
    """Return True if selectolax is installed, which the extra `documents` brings."""
    return find_spec("selectolax") is not None


def text_of_html(html: str, *, most_seconds: float = MOST_SECONDS) -> tuple[str, str]:
    """Return the text of a page, and its title (empty: none). Raises ImportError without the extra `documents`.

    A page whose elements are nested so deeply that a browser's rules would take too long, as where thousands are not
    closed, is read tag by tag.
    """
    text, title = _text_and_title(html, SKIPPED_TAGS, most_seconds)
    if not text.strip():
        text, title = _text_and_title(html, SKIPPED_TAGS - {"nav"}, most_seconds)  # a page of nothing but links
    return text, title


def _text_and_title(html: str, skipped: frozenset[str], most_seconds: float) -> tuple[str, str]:
    writer = HtmlTextWriter(skipped)
    end = time.monotonic() + most_seconds
    for number, event in enumerate(_events_of_html(html)):
        writer.write(event)
        if number % 1_000 == 0 and time.monotonic() > end:
            writer.write_block(_CUT)
            break
    return writer.text(), writer.title()


def _events_of_html(html: str, embedded: int = 0) -> Iterator[HtmlEvent]:
    from selectolax.lexbor import LexborHTMLParser

    if is_costly_to_parse(html):
        events = tokens_of_html(html)
    else:
        root = LexborHTMLParser(html).root
        with_all = may_hide(html)
        events = _events_of_node(root, with_all=with_all) if root is not None else iter(())
    before: HtmlEvent = ""
    for event in events:
        page = _embedded_page(before, event)
        if page and embedded < _MOST_EMBEDDED:
            yield from _events_of_html(page, embedded + 1)
        if not isinstance(event, str) or not page:
            yield event
        before = event


def _embedded_page(before: HtmlEvent, event: HtmlEvent) -> str | None:
    """Return the page inside this element or text: of an `<iframe srcdoc>`, or beside frames."""
    if isinstance(event, Start):
        return event.attributes.get("srcdoc") if event.tag == "iframe" else None
    is_beside_frames = isinstance(event, str) and isinstance(before, Start) and before.tag == "noframes"
    return event if is_beside_frames and isinstance(event, str) else None


def _events_of_node(root: LexborNode, *, with_all: bool) -> Iterator[HtmlEvent]:
    """Yield a node and its descendants. Iterative, since pages may be nested deeper than Python's recursion limit.

    Args:
        root: The node.
        with_all: True: with the attributes of all elements, not only of those that show some.
    """
    left: list[LexborNode | End] = [root]
    while left:
        node = left.pop()
        if isinstance(node, End):
            yield node
            continue
        tag = node.tag or ""
        if tag == "-text":
            yield node.text_content or ""
        elif not tag.startswith("-"):
            yield Start(tag, node.attributes if with_all or tag in ATTRIBUTE_TAGS else {})
            if tag not in VOID_TAGS:
                left.append(End(tag))
                left += reversed(list(node.iter(include_text=True)))
