"""Take the texts of parameters out of a docstring, whatever its form: Google, NumPy, Sphinx, Epytext, Markdown, mixed.

One rule for this file: no word is lost. A text goes to a parameter only where its name is known; everything else stays
in the description as it is written, below its heading.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agentkit.schema.docs.lines import end_of_block, end_of_fence, entry_blocks, flow
from agentkit.schema.docs.type_words import adds_to_annotation

_SECTIONS = re.compile(
    r"((keyword|other|optional) )?(args|arguments|params|parameters)|argument|parameter|inputs?|attributes|fields",
    re.IGNORECASE,
)
_HEADING = re.compile(r"(?P<mark>#{1,6} +|\*\*|__)?(?P<title>\w[\w ]*?) *(?P<colon>:)?(?:\*\*|__)? *:? *")
_UNDERLINE = re.compile(r"([-=~^])\1{2,} *")
_BULLET = re.compile(r"(?:[-*+•]|\d+[.)])\s+")
_NAME = re.compile(r"[`\"'*\\]{0,4}([^\W\d]\w*)[`\"'*]{0,3}")
_SEPARATOR = re.compile(r"\s*:{1,2}[*_`]{0,2}\s*|\s+(?:--?|=>|->|=)\s+|\s*[\u2013\u2014]\s*")
_FIELD = re.compile(r"[:@\\](param|parameter|arg|argument|key|keyword|kwarg|attribute|[ic]?var|type|vartype)\s+(.*)")
_FIELD_NAME = re.compile(r"(?P<type>[^:]*?)\\?\*{0,2}`?(?P<name>\w+)`?\s*:(?P<text>.*)")
_PLAIN_FIELD_NAME = re.compile(r"(?P<type>)(?P<name>\w+)(?P<text>\s.*)")
_BRACKETS = {"(": ")", "[": "]", "<": ">"}


def divide_docstring(text: str, parameters: Mapping[str, object]) -> tuple[str, dict[str, str]]:
    """Return the description, and the texts of the given parameters by name.

    Args:
        text: The docstring, without the indentation of the source.
        parameters: Annotations by the names that a text may be about. A type in the docstring is dropped only where
            it says no more than the annotation.
    """
    mentioned = {name: annotation for name, annotation in parameters.items() if name in text}
    divided = _DividedDocstring(text.splitlines(), mentioned)
    if not mentioned:
        return "\n".join(divided.lines).strip("\n").rstrip(), {}
    divided.read()
    found = {name: "\n".join(texts) for name, texts in divided.found.items() if texts}
    return "\n".join(divided.kept).strip("\n").rstrip(), found


@dataclass(frozen=True, slots=True)
class _Entry:
    """The first line of a text about parameters: `city (str, optional): The city.`"""

    names: tuple[str, ...]
    type: str
    separator: str
    """Empty: the line has nothing but the names, and the text follows on the next lines."""
    text: str


class _DividedDocstring:
    """A docstring while it is read, from top to bottom."""

    def __init__(self, lines: Sequence[str], parameters: Mapping[str, object]) -> None:
        self.lines = lines
        self.parameters = parameters
        self.kept: list[str] = []
        self.found: dict[str, list[str]] = {}
        self._is_at_gap = False

    def read(self) -> None:
        """Read all lines into `kept` and `found`."""
        at = 0
        while at < len(self.lines):
            end = end_of_fence(self.lines, at)
            if end > at:
                self._keep(self.lines[at:end])
            elif _FIELD.match(self.lines[at]):
                end = end_of_block(self.lines, at)
                self._keep_unless_taken(self.lines[at:end])
            elif size := _heading_size(self.lines, at):
                end = self._end_of_section(at + size, is_numpy=size > 1)
                self._read_section(self.lines[at : at + size], self.lines[at + size : end])
            else:
                end = at + 1
                self._keep([self.lines[at]])
            at = end

    def _keep(self, lines: Sequence[str]) -> None:
        for line in lines:
            if line.strip() or not self._is_at_gap:
                self.kept.append(line)
                self._is_at_gap = False

    def _keep_unless_taken(self, block: Sequence[str]) -> None:
        if self._take_field(block):
            self._close_gap()
        else:
            self._keep(block)

    def _close_gap(self) -> None:
        """Leave one blank line where lines were taken out."""
        while self.kept and not self.kept[-1].strip():
            self.kept.pop()
        self.kept.append("")
        self._is_at_gap = True

    def _add(self, name: str, text: str) -> None:
        said = self.found.setdefault(name, [])
        if text and text not in said:
            said.append(text)

    def _take_field(self, block: Sequence[str]) -> tuple[str, ...]:
        """Take the text of `:param str city: ...`, `:type city: ...` or `@param city ...` if its name is known."""
        field = _FIELD.match(block[0].strip())
        if field is None:
            return ()
        for form in (_FIELD_NAME, _PLAIN_FIELD_NAME):
            said = form.match(field[2])
            if said and said["name"] in self.parameters:
                kind, text = said["type"], flow([said["text"], *block[1:]])
                if "type" in field[1]:
                    kind, text = text, ""
                self._add(said["name"], self._with_type(said["name"], kind, text))
                return (said["name"],)
        return ()

    def _with_type(self, name: str, kind: str, text: str) -> str:
        if not kind.strip() or not adds_to_annotation(kind, self.parameters[name]):
            return text
        return f"({kind.strip()}) {text}".rstrip()

    # -- sections -------------------------------------------------------------------------------

    def _end_of_section(self, start: int, *, is_numpy: bool) -> int:
        """Return the line behind a section: its lines are indented, or entries at the left margin."""
        at = end = start
        while at < len(self.lines):
            line = self.lines[at]
            if line and not line[0].isspace():
                entry = _read_entry(line) if end == start or self.lines[start][:1].strip() else None
                if entry is None or _heading_size(self.lines, at) or _is_underlined(self.lines, at):
                    break
                is_known = any(name in self.parameters for name in entry.names)
                has_body = is_numpy and "".join(self.lines[at + 1 : at + 2])[:1].isspace()
                if not (is_known or has_body or _BULLET.match(line)):
                    break
            at = max(at + 1, end_of_fence(self.lines, at))
            end = at if line.strip() else end
        return end

    def _read_section(self, heading: Sequence[str], lines: Sequence[str]) -> None:
        left: list[str] = []
        follows: tuple[str, ...] = ()
        for block in entry_blocks(lines):
            taken = self._take_entry(block, is_numpy=len(heading) > 1)
            if taken:
                follows = taken
            elif follows and _read_entry(block[0]) is None and block[0].strip():
                for name in follows:  # a wrapped line that is not indented
                    self.found[name][-1:] = [" ".join([*self.found[name][-1:], flow(block)])]
            else:
                left += block
                follows = ()
            if not block[-1].strip():
                follows = ()
        if any(map(str.strip, left)) or not any(map(str.strip, lines)):
            self._keep([*heading, *left])
        else:
            self._close_gap()

    def _take_entry(self, block: Sequence[str], *, is_numpy: bool) -> tuple[str, ...]:
        """Take the text of one entry; return the names that it is about, () if nobody has them."""
        if taken := self._take_field(block):
            return taken
        entry = _read_entry(block[0])
        body = block[1:]
        known = tuple(name for name in entry.names if name in self.parameters) if entry else ()
        has_text = any(map(str.strip, body))
        if entry is None or not known or not (entry.separator or entry.type or has_text or is_numpy):
            return ()
        kind, first = entry.type, entry.text
        if is_numpy and ":" in entry.separator:
            kind, first = (f"{kind} {first}", "") if has_text else (kind, first)
            if not has_text and not adds_to_annotation(first, self.parameters[known[0]]):
                first = ""
        for name in known:
            self._add(name, self._with_type(name, kind, flow([first, *body])))
        return known if len(known) == len(entry.names) else ()


def _read_entry(line: str) -> _Entry | None:
    """Read the first line of a text about parameters. None: it has another form."""
    text = line.strip()
    bullet = _BULLET.match(text)
    at = bullet.end() if bullet else 0
    names: list[str] = []
    while name := _NAME.match(text, at):
        names.append(name[1])
        at = name.end()
        comma = re.match(r"\s*,\s*", text[at:])
        if comma is None:
            break
        at += comma.end()
    kind = ""
    opening = len(text) - len(text[at:].lstrip())
    if (closing := _closing_bracket(text, opening)) is not None:
        kind, at = text[opening + 1 : closing], closing + 1
    separator = _SEPARATOR.match(text, at)
    if not names or (separator is None and text[at:].strip("*_` ")):
        return None
    if separator is None:
        return _Entry(tuple(names), kind, "", "")
    return _Entry(tuple(names), kind, separator[0].strip(), text[separator.end() :])


def _closing_bracket(text: str, opening: int) -> int | None:
    """Return the place of the bracket that closes the one at `opening`. None: there is none."""
    brackets = _BRACKETS.get(text[opening : opening + 1])
    depth = 0
    for at in range(opening, len(text) if brackets else opening):
        depth += (text[at] in "([<{") - (text[at] in ")]>}" and text[at - 1] != "-")
        if depth == 0:
            return at
    return None


def _heading_size(lines: Sequence[str], at: int) -> int:
    """Return the number of lines of the heading of a section about parameters. 0: there is no such heading."""
    heading = _HEADING.fullmatch(lines[at])
    if heading is None or not _SECTIONS.fullmatch(heading["title"]):
        return 0
    if _is_underlined(lines, at):
        return 2
    return 1 if heading["mark"] or heading["colon"] else 0


def _is_underlined(lines: Sequence[str], at: int) -> bool:
    return bool(lines[at].strip()) and at + 1 < len(lines) and _UNDERLINE.fullmatch(lines[at + 1]) is not None
