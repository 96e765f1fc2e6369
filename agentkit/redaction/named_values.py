"""Redaction of the values of given names in a text: JSON keys, `name=value`, `name: value`, URL parameters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from agentkit.redaction.secret_patterns import REDACTED

# Patterns for the end of a value, by its beginning. JSON inside JSON has its quotes behind backslashes.
_QUOTE = re.compile(r"""(?P<slashes>\\*+)(?P<quote>["'])""")
_INSIDE = {'"': re.compile(r'(?:[^"\\]|\\.)*+', re.DOTALL), "'": re.compile(r"(?:[^'\\]|\\.)*+", re.DOTALL)}
_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[\]{}]', re.DOTALL)
_WORD = re.compile(
    r"""(?:(?:basic|bearer|digest|token)\s+)?(?:[^\s,;&"'<>(){}\[\]\\]|\\(?![nrt"'\\]))++""", re.IGNORECASE
)
_NO_SECRET = {"null", "none", "true", "false"}


@dataclass(frozen=True, slots=True)
class NamedValues:
    """Redacts the values of some names, in upper or lower case. Takes linear time for any text."""

    names: Sequence[str]
    _head: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        names = "|".join(re.escape(name) for name in sorted(self.names, key=len, reverse=True))
        head = rf"""(?<![\w-])(?:{names})(?P<close>\\*+["'])?\s*+(?::|=>?)\s*+"""
        object.__setattr__(self, "_head", re.compile(head, re.IGNORECASE))

    def redact(self, text: str) -> str:
        """Return the text with the value of every such name replaced."""
        folded = text.lower()
        if not any(name.lower() in folded for name in self.names):
            return text
        pieces: list[str] = []
        done = 0
        while (head := self._head.search(text, done)) is not None:
            start, end = _find_value(text, head.end())
            pieces.append(text[done:start])
            if end > start and text[start:end].lower() not in _NO_SECRET:
                is_bare = (
                    head["close"] is not None and start == head.end()
                )  # a JSON value without quotes becomes a string
                pieces.append(f"{head['close']}{REDACTED}{head['close']}" if is_bare else REDACTED)
            else:
                pieces.append(text[start:end])
            done = end
        return "".join((*pieces, text[done:])) if pieces else text


def _find_value(text: str, start: int) -> tuple[int, int]:
    """Return the start and the end of the value that begins here, without its quotes."""
    if quoted := _QUOTE.match(text, start):
        start = quoted.end()
        if not quoted["slashes"]:
            inside = _INSIDE[quoted["quote"]].match(text, start)
            return start, inside.end() if inside else start
        end = text.find(quoted[0], start)
        return start, len(text) if end < 0 else end
    if text[start : start + 1] in ("[", "{"):
        return start, _end_of_brackets(text, start)
    word = _WORD.match(text, start)
    return start, word.end() if word else start


def _end_of_brackets(text: str, start: int) -> int:
    """Return the position after the bracket that closes the one at `start`; the end of the text if none does."""
    depth = 0
    for token in _BRACKET.finditer(text, start):
        if token[0] in "[{":
            depth += 1
        elif token[0] in "]}":
            depth -= 1
            if depth == 0:
                return token.end()
    return len(text)
