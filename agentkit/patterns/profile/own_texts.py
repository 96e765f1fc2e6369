"""The own texts of the messages of a thread: what earlier ones hold, banners and signatures stand there once.

Three rules for this file: what stays of a message are lines of it, unchanged and in order, with a mark where some were
left out between others; of what is new in a thread nothing is left out; and it takes linear time, whatever the mail.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from agentkit.patterns.mail.records import MailMessage
from agentkit.patterns.profile.banners import SeenBanners

LEFT_OUT = "[...]\n"
"""Stands where a paragraph was left out between others; a quote with it is two passages."""
_QUOTED = re.compile(r"[ \t]*>")
_MARKS = re.compile(r"^[ \t>]+", re.MULTILINE)
_WORD = re.compile(r"\w+")
_RULES = ("--", "_____")
"""The beginnings of a line above an earlier message that is repeated below without marks."""
_MAX_RULED_CHARS = 60
"""Characters on such a line beside the rules, as in `-----Original Message-----`."""
_SIGNATURE = re.compile(r"-- ?$")
_DATE_OR_ADDRESS = re.compile(r"[\d@]")
_MAX_ATTRIBUTION_CHARS = 500
_RUN = 4
"""Words that have to follow one another as they did before; fewer are compared as a whole."""
_MIN_REPEATED_WORDS = 8
"""Words from which on a paragraph without marks is taken for repeated; shorter ones people write again."""
_SIGNATURE_LINES = 8


def own_texts(messages: Sequence[MailMessage]) -> dict[str, str]:
    """Return the texts of messages by their ids, the earliest first, each without what those before it hold."""
    seen, banners, texts = _SeenTexts(), SeenBanners(), dict[str, str]()
    for message in messages:
        paragraphs = [*_paragraphs(banners.without_banner(message.text))]
        texts[message.id] = _joined(paragraphs, _new_ones(paragraphs, seen)).strip("\n")
        seen.add(paragraphs)
    return texts


@dataclass(frozen=True, slots=True)
class _Paragraph:
    text: str
    """Its lines, with the empty ones below it."""
    is_quoted: bool
    """True if it has the marks of a quoted message, or stands below a line that says that one follows."""
    is_signature: bool

    @property
    def words(self) -> list[str]:
        return _WORD.findall(_MARKS.sub("", self.text).casefold())

    @property
    def lines(self) -> list[str]:
        bare = (" ".join(_WORD.findall(line.casefold())) for line in self.text.splitlines())
        return [line for line in bare if line]


def _paragraphs(text: str) -> Iterator[_Paragraph]:
    """Yield the paragraphs of a text; together they are the text."""
    lines: list[str] = []
    is_quoted = is_below = is_signature = has_text = is_gap = False
    for line in text.splitlines(keepends=True):
        bare = line.strip("> \t\r\n")
        is_marked = _QUOTED.match(line) is not None
        starts_signature = _SIGNATURE.match(line.rstrip("\r\n")) is not None
        if lines and ((has_text and is_gap and bare) or is_marked != is_quoted or starts_signature or is_below):
            yield _Paragraph("".join(lines), is_quoted or is_below, is_signature)
            lines, has_text = [], False
        if not lines:
            is_quoted, is_signature = is_marked, is_signature or starts_signature
        lines.append(line)
        has_text, is_gap = has_text or bool(bare), not bare
        is_below = is_below or (_is_ruled(line) and not starts_signature)  # then line by line
    if lines:
        yield _Paragraph("".join(lines), is_quoted or is_below, is_signature)


def _new_ones(paragraphs: Sequence[_Paragraph], seen: _SeenTexts) -> list[int]:
    """Return the places of the paragraphs that earlier messages do not hold."""
    new: list[int] = []
    for place, one in enumerate(paragraphs):
        if not (one.is_quoted or len(one.words) >= _MIN_REPEATED_WORDS) or not seen.has_text(one):
            new.append(place)
        elif one.is_quoted and new[-1:] == [place - 1] and _is_attribution(paragraphs[place - 1]):
            new.pop()
    while len(new) > 1 and seen.has_ending(last := paragraphs[new[-1]]) and (last.is_signature or _is_farewell(last)):
        new.pop()
    return new


def _joined(paragraphs: Sequence[_Paragraph], places: Sequence[int]) -> str:
    """Return paragraphs as a text, with a mark where others were left out between them: no quote goes over it."""
    parts: list[str] = []
    before = -1
    for place in places:
        parts.append(LEFT_OUT if parts and any(one.words for one in paragraphs[before + 1 : place]) else "")
        parts.append(paragraphs[place].text)
        before = place
    return "".join(parts)


def _is_farewell(paragraph: _Paragraph) -> bool:
    """Return True for a few lines, as with a name; a single one may be an answer."""
    return 2 <= len(paragraph.lines) <= _SIGNATURE_LINES


def _is_ruled(line: str) -> bool:
    """Return True for a line such as `-----Original Message-----`, or a rule alone."""
    bare = line.strip()
    if not bare.startswith(_RULES):
        return False
    inner = bare.lstrip(bare[0])
    if inner.endswith(_RULES):
        inner = inner.rstrip(inner[-1])
    return len(inner) <= _MAX_RULED_CHARS


def _is_attribution(paragraph: _Paragraph) -> bool:
    """Return True for `On 1 Jan 2024, Anna wrote:`."""
    bare = paragraph.text.rstrip()
    if paragraph.is_quoted or not bare.endswith(":") or len(bare) > _MAX_ATTRIBUTION_CHARS:
        return False
    return len(paragraph.lines) <= 3 and _DATE_OR_ADDRESS.search(bare) is not None


class _SeenTexts:
    """The words of the earlier messages of a thread."""

    def __init__(self) -> None:
        self._runs: set[int] = set()
        self._paragraphs: set[str] = set()
        self._endings: set[str] = set()

    def add(self, paragraphs: Sequence[_Paragraph]) -> None:
        """Add the paragraphs of a message."""
        for one in paragraphs:
            self._runs.update(_runs(one.words))
            self._paragraphs.update([" ".join(one.words), *one.lines])
        own = [one for one in paragraphs if not one.is_quoted]
        ending = [line for one in own for line in one.lines][-_SIGNATURE_LINES:]
        self._endings.update(ending, (line for one in own if one.is_signature for line in one.lines))

    def has_text(self, paragraph: _Paragraph) -> bool:
        """Return True if all that a paragraph says was said before."""
        words = paragraph.words
        if len(words) <= _RUN:
            return not words or " ".join(words) in self._paragraphs
        return self._has_pieces(paragraph) if paragraph.is_quoted else all(run in self._runs for run in _runs(words))

    def _has_pieces(self, paragraph: _Paragraph) -> bool:
        """Return True if all was said before, in pieces: `A wrote:` stands above what A wrote, and above that B."""
        short = {line for line in paragraph.lines if line.count(" ") < _RUN and line in self._paragraphs}
        words = [word for line in paragraph.lines if line not in short for word in line.split()]
        end = 0  # all words before it were said
        for place, run in enumerate(_runs(words)):
            if run in self._runs and place <= end:
                end = place + _RUN
        return end == len(words)

    def has_ending(self, paragraph: _Paragraph) -> bool:
        """Return True if each line of a paragraph has stood at the end of a message."""
        return all(line in self._endings for line in paragraph.lines)


def _runs(words: Sequence[str]) -> Iterable[int]:
    return (hash(tuple(words[at : at + _RUN])) for at in range(len(words) - _RUN + 1))
