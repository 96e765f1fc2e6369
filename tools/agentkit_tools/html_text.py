"""Convert HTML to text: headings and lists as in Markdown, without scripts, styles and navigation."""

from __future__ import annotations

import re
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

MISSING_HTML_EXTRA = "reading HTML needs the extra `documents`: pip install selectolax"
_SKIPPED = frozenset(re.findall(r"\w+", "head script style noscript template svg iframe object nav form select button"))
_BLOCKS = frozenset(
    re.findall(
        r"\w+",
        "address article aside blockquote body caption center dd details div dl dt fieldset figcaption figure footer "
        "h1 h2 h3 h4 h5 h6 header hr li main ol p pre section summary table tr ul",
    )
)
_HEADINGS = {f"h{level}": "#" * level + " " for level in range(1, 7)}


def is_html_extra_installed() -> bool:
    """Return True if selectolax is installed, which the extra `documents` brings."""
    return find_spec("selectolax") is not None


def text_of_html(html: str) -> tuple[str, str]:
    """Return the text of a page, and its title (empty: none). Raises ImportError without the extra `documents`."""
    from selectolax.lexbor import LexborHTMLParser

    page = LexborHTMLParser(html)
    title = page.css_first("title")
    writer = _HtmlTextWriter()
    if page.body is not None:
        writer.write_node(page.body)
    return writer.text(), " ".join(title.text().split()) if title is not None else ""


class _HtmlTextWriter:
    """Collects the text of a page, with a paragraph for each block element."""

    def __init__(self) -> None:
        self._blocks: list[str] = []
        self._line: list[str] = []
        self._line_prefix = ""
        self._open_pre_tags = 0

    def write_node(self, root: LexborNode) -> None:
        """Add a node and its descendants. Iterative, since pages may be nested deeper than Python's recursion limit."""
        left: list[tuple[LexborNode, bool]] = [(root, False)]
        while left:
            node, is_end = left.pop()
            tag = node.tag or ""
            if is_end:
                self._close(tag)
            elif tag == "-text":
                self._line.append(node.text_content or "")
            elif tag not in _SKIPPED and not tag.startswith("-"):
                self._open(tag)
                left.append((node, True))
                left += [(child, False) for child in reversed(list(node.iter(include_text=True)))]

    def text(self) -> str:
        """Return the collected text."""
        self._flush()
        return re.sub(r"\n{3,}", "\n\n", "\n\n".join(self._blocks)).replace("\n\n- ", "\n- ").strip() + "\n"

    def _open(self, tag: str) -> None:
        if tag in _BLOCKS:
            self._flush()
        self._line_prefix = _HEADINGS.get(tag) or ("- " if tag == "li" else self._line_prefix)
        self._open_pre_tags += tag == "pre"
        if tag == "br":
            self._line.append("\n" if self._open_pre_tags else "\v")
        elif tag in ("td", "th") and self._line:
            self._line.append(" | ")

    def _close(self, tag: str) -> None:
        if tag in _BLOCKS:
            self._flush()
            self._line_prefix = ""
        self._open_pre_tags -= tag == "pre"

    def _flush(self) -> None:
        written = "".join(self._line)
        self._line = []
        if self._open_pre_tags:
            if written.strip():
                self._blocks.append("```\n" + written.strip("\n") + "\n```")
            return
        lines = [" ".join(line.split()) for line in written.split("\v")]
        text = "\n".join(line for line in lines if line)
        if text:
            self._blocks.append(
                self._line_prefix + (text.replace("\n", " ") if self._line_prefix.startswith("#") else text)
            )
            self._line_prefix = ""
