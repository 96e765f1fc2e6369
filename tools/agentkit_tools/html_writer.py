"""Write the elements and texts of a page as text, with a paragraph for each block element."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from agentkit_tools.html_hidden import is_hidden
from agentkit_tools.html_tokens import VOID_TAGS, HtmlEvent, Start

SKIPPED_TAGS = frozenset(["datalist", "head", "iframe", "nav", "script", "style", "template"])
"""Elements whose content a reader does not see on the page, and the navigation."""
ATTRIBUTE_TAGS = frozenset(["iframe", "img", "input", "li", "ol", "option", "select", "textarea"])
"""Elements some of whose attributes are seen."""
_BLOCKS = frozenset(
    re.findall(
        r"\w+",
        "address article aside blockquote body button caption center dd details div dl dt fieldset figcaption figure "
        "footer foreignobject form h1 h2 h3 h4 h5 h6 header hr legend li main ol p pre section summary "
        "svg table textarea tr ul",
    )
)
_HEADINGS = {f"h{level}": "#" * level + " " for level in range(1, 7)}
_UNSEEN_INPUTS = frozenset({"hidden", "password", "file", "color", "range"})


@dataclass(slots=True)
class _Options:
    """The options of a `<select>`, of which a reader sees those that are chosen."""

    shows_all: bool
    texts: list[str] = field(default_factory=list[str])
    chosen: list[int] = field(default_factory=list[int])

    def seen(self) -> list[str]:
        shown = range(len(self.texts)) if self.shows_all else self.chosen or range(1)
        return [text for number in shown if (text := " ".join("".join(self.texts[number : number + 1]).split()))]


class HtmlTextWriter:
    """Collects the text of a page."""

    def __init__(self, skipped: frozenset[str] = SKIPPED_TAGS) -> None:
        self._skipped = skipped
        self._skip_depth = 0
        self._titles: list[list[str]] = []
        self._is_in_title = False
        self._blocks: list[tuple[str, bool]] = []
        self._line: list[str] = []
        self._line_prefix = ""
        self._open_tags: Counter[str] = Counter()
        self._list_numbers: list[int | None] = []
        self._cells: list[int] = []
        self._bars = 0
        self._options: _Options | None = None
        self._hidden_depth = 0
        self._is_marked = False
        """True: the mark of hidden text is open."""

    def write(self, event: HtmlEvent) -> None:
        """Add the next event of the page."""
        if isinstance(event, str):
            if self._is_in_title:
                self._titles[-1].append(event)
            elif not self._skip_depth:
                self._write_text(event)
        elif event.tag == "title" and not self._open_tags["svg"]:
            self._is_in_title = isinstance(event, Start)
            if self._is_in_title:
                self._titles.append([])
        elif self._skip_depth or event.tag in self._skipped:
            if event.tag not in VOID_TAGS:
                self._skip_depth += 1 if isinstance(event, Start) else -1
        elif isinstance(event, Start):
            if event.tag not in VOID_TAGS and (self._hidden_depth or is_hidden(event.attributes)):
                self._hidden_depth += 1
            self._open(event.tag, event.attributes)
        else:
            self._end_hidden()
            self._close(event.tag)

    def write_block(self, text: str) -> None:
        """Add a paragraph."""
        self._flush()
        self._blocks.append((text, False))

    def text(self) -> str:
        """Return the collected text."""
        self._flush()
        pieces = [("\n" if is_item else "\n\n") + text for text, is_item in self._blocks]
        return re.sub(r"\n{3,}", "\n\n", "".join(pieces)).strip() + "\n"

    def title(self) -> str:
        """Return the title of the page. Empty: it has none."""
        return " ".join("".join(self._titles[0]).split()) if self._titles else ""

    def _open(self, tag: str, attributes: Mapping[str, str | None]) -> None:
        if tag in _BLOCKS:
            self._flush()
        if tag not in VOID_TAGS:
            self._open_tags[tag] += 1
        if tag in _HEADINGS:
            self._line_prefix = _HEADINGS[tag]
        elif tag in ("ul", "ol"):
            self._list_numbers.append(_number(attributes.get("start"), 1) if tag == "ol" else None)
        elif tag == "li":
            self._open_item(attributes)
        elif tag == "tr":
            self._cells.append(0)
        elif tag in ("td", "th"):
            self._open_cell()
        elif tag in ("br", "img", "input", "textarea"):
            self._write_field(tag, attributes)
        elif tag == "select":
            self._options = _Options("multiple" in attributes or _number(attributes.get("size"), 1) > 1)
        elif tag == "option" and self._options is not None:
            if "selected" in attributes:
                self._options.chosen.append(len(self._options.texts))
            self._options.texts.append("")

    def _close(self, tag: str) -> None:
        if tag in _BLOCKS:
            self._flush()
            self._line_prefix = ""
        if tag == "select" and self._options is not None:
            seen, self._options = self._options.seen(), None
            self._write_text(f" {', '.join(seen)} ")
        elif tag in ("ul", "ol") and self._list_numbers:
            self._list_numbers.pop()
        elif tag == "tr" and self._cells:
            self._cells.pop()
        self._open_tags[tag] -= 1

    def _end_hidden(self) -> None:
        self._hidden_depth = max(0, self._hidden_depth - 1)
        if self._is_marked and not self._hidden_depth:
            self._is_marked = False
            if "".join(self._line).strip() or not self._blocks:
                self._line.append("]")
            else:
                text, is_item = self._blocks[-1]
                self._blocks[-1] = (text + ("\n]" if text.endswith("```") else "]"), is_item)

    def _write_text(self, text: str) -> None:
        if self._options is not None:
            if self._options.texts:
                self._options.texts[-1] += text
            return
        if self._open_tags["svg"] and not (self._open_tags["text"] or self._open_tags["foreignobject"]):
            return
        if self._bars and text.strip():
            self._line.append(" | " * self._bars)
            self._bars = 0
        if self._hidden_depth and not self._is_marked and text.strip():
            self._line.append(" [hidden: ")
            self._is_marked = True
        self._line.append(text.replace("\n", "\v") if self._open_tags["textarea"] else text)

    def _write_field(self, tag: str, attributes: Mapping[str, str | None]) -> None:
        """Write what a reader sees of an element that has no text of its own."""
        kind = (attributes.get("type") or "text").lower()
        given = (attributes.get("value") or attributes.get("placeholder") or "").strip()
        described = (attributes.get("alt") or "").strip()
        if tag == "br":
            self._line.append("\n" if self._open_tags["pre"] else "\v")
        elif tag == "img" or kind == "image":
            self._write_text(f" [picture: {described}] " if described else "")
        elif kind in ("checkbox", "radio"):
            self._write_text(" [x] " if "checked" in attributes else " [ ] ")
        elif given and kind not in _UNSEEN_INPUTS and tag == "input":
            self._write_text(f" {given} ")

    def _open_item(self, attributes: Mapping[str, str | None]) -> None:
        number = self._list_numbers[-1] if self._list_numbers else None
        if number is None:
            self._line_prefix = "- "
            return
        number = _number(attributes.get("value"), number)
        self._list_numbers[-1] = number + 1
        self._line_prefix = f"{number}. "

    def _open_cell(self) -> None:
        if not self._cells:
            self._cells.append(0)
        self._bars += self._cells[-1] > 0
        self._cells[-1] += 1

    def _flush(self) -> None:
        written = "".join(self._line)
        self._line = []
        self._bars = 0
        if self._cells:
            self._cells[-1] = 0  # a cell with paragraphs stands alone, and no bar follows it
        if self._open_tags["pre"]:
            if written.strip():
                self._blocks.append(("```\n" + written.strip("\n") + "\n```", False))
            return
        lines = [" ".join(line.split()) for line in written.split("\v")]
        text = "\n".join(line for line in lines if line)
        if text:
            prefix, self._line_prefix = self._line_prefix, ""
            is_heading = prefix.startswith("#")
            is_item = bool(prefix) and not is_heading
            self._blocks.append((prefix + (text.replace("\n", " ") if is_heading else text), is_item))


def _number(given: str | None, default: int) -> int:
    return int(given) if given and re.fullmatch(r"-?[0-9]{1,9}", given.strip()) else default
