"""The language in which mail is searched: its text is parsed into typed conditions.

    from:anna (invoice or "purchase order") -subject:reminder after:2023-06 has:attachment

Words side by side all have to occur; `or`, `not` (or `-`) and parentheses are as everywhere, and a field may stand
before parentheses. A text that cannot be parsed is an error that names the place and the reason.
"""

from __future__ import annotations

import re
from calendar import isleap, monthrange
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, TypeAlias, cast, get_args

from agentkit.errors import UsageError
from agentkit.patterns.mail.conditions import (
    MOST_CONDITIONS,
    MOST_DEPTH,
    All,
    And,
    Condition,
    Field,
    HasAttachment,
    Identity,
    Not,
    Or,
    Period,
    Size,
    Text,
)

_HINT = "fields are from, to, cc, person, subject, body, filename, has, before, after, on, larger, smaller, thread, id"
_FIELDS = frozenset(get_args(Field)) - {"any"}
_WORD = re.compile(r'[^\s()"-][^\s()"]*')
_TOKEN = re.compile(r'\s+|[()]|"[^"]*("?)|-(?=[^\s)])|([A-Za-z]\w*):|[^\s()"]+')
_DATE = re.compile(r"(\d{4})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2}))?)?")
_SIZE = re.compile(r"(\d{1,12}(?:\.\d{1,6})?)([kmg]?)b?", re.IGNORECASE)
_UNIT = {"": 1, "k": 1_000, "m": 1_000_000, "g": 1_000_000_000}
_QUOTES = str.maketrans("\u201c\u201d\u201e", '"""')
_DASH = re.compile(r"(?<![^\s(:])[\u2010-\u2015\u2212](?=[^\s)])")
"""Matches a dash that a program made of the `-` before a word."""
_CONTROLS = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")


class QueryError(UsageError):
    """A query that cannot be parsed or cannot be said in another language.

    Args:
        query: The text of the query.
        at: The place of the problem, as an index into the text.
        reason: The problem in a sentence, without its full stop.
    """

    def __init__(self, query: str, at: int, reason: str) -> None:
        super().__init__(f"{reason}, at character {at + 1} of the query {_clipped(query, at)!r}.")
        self.query, self.at, self.reason = query, at, reason


def parse_query(query: str) -> Condition:
    """Return the conditions that a text says.

    Args:
        query: The text; `*` finds every message.

    Raises:
        QueryError: It cannot be parsed.
    """
    text = _DASH.sub("-", _CONTROLS.sub(" ", query.translate(_QUOTES)))
    return _Parser(query, text).parse()


_Kind: TypeAlias = Literal["(", ")", "-", "field", "phrase", "word", "end"]
_SIGNS: dict[str, _Kind] = {"(": "(", ")": ")", "-": "-"}


@dataclass(frozen=True, slots=True)
class _Token:
    kind: _Kind
    text: str
    at: int


class _Parser:
    """Reads the tokens of one query from left to right."""

    def __init__(self, query: str, text: str) -> None:
        self._query = query
        self._tokens = self._split(text)
        self._next = 0
        self._count = 0
        self._depth = 0

    def parse(self) -> Condition:
        """Return the whole query."""
        if self._peek().kind == "end":
            raise self._error(0, "The query is empty; `*` finds every message")
        found = self._any_of("any")
        if self._peek().kind != "end":
            raise self._error(self._peek().at, "A parenthesis is closed that was not opened")
        return found

    def _split(self, text: str) -> list[_Token]:
        tokens: list[_Token] = []
        at = 0
        while at < len(text):
            is_value = bool(tokens) and tokens[-1].kind == "field" and text[at - 1] == ":"
            found = (_WORD.match(text, at) if is_value else None) or cast("re.Match[str]", _TOKEN.match(text, at))
            if not found[0].isspace():
                tokens.append(self._token(found))
            at = found.end()
        return [*tokens, _Token("end", "", len(text))]

    def _token(self, found: re.Match[str]) -> _Token:
        token, at = found[0], found.start()
        if found.re is _WORD:
            return _Token("word", token, at)
        if found[2] is not None:
            return _Token("field", found[2].lower(), at)
        if token.startswith('"'):
            if not found[1]:
                raise self._error(at, "The quotation mark is not closed")
            return _Token("phrase", token[1:-1], at)
        return _Token(_SIGNS.get(token, "word"), token, at)

    def _peek(self) -> _Token:
        return self._tokens[self._next]

    def _take(self) -> _Token:
        self._next += self._peek().kind != "end"
        return self._tokens[self._next - 1]

    def _is_operator(self, *names: str) -> bool:
        token = self._peek()
        return token.kind == "word" and token.text.lower() in names

    def _any_of(self, name: Field) -> Condition:
        parts = [self._all_of(name)]
        while self._is_operator("or", "|", "||"):
            self._take()
            parts.append(self._all_of(name))
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _all_of(self, name: Field) -> Condition:
        parts = [self._one(name)]
        while self._peek().kind not in ("end", ")") and not self._is_operator("or", "|", "||"):
            if self._is_operator("and", "&&"):
                self._take()
            parts.append(self._one(name))
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _one(self, name: Field) -> Condition:
        self._depth += 1
        if self._depth > MOST_DEPTH:
            raise self._error(self._peek().at, f"More than {MOST_DEPTH} parentheses stand inside one another")
        token = self._peek()
        if token.kind == "-" or self._is_operator("not"):
            self._take()
            found: Condition = Not(self._one(name))
        elif token.kind == "(":
            self._take()
            found = self._any_of(name)
            if self._peek().kind != ")":
                raise self._error(token.at, "The parenthesis is not closed")
            self._take()
        elif token.kind in (")", "end") or self._is_operator("or", "and", "|", "||", "&&"):
            what = f"before {token.text!r}" if token.text else "at the end"
            raise self._error(token.at, f"Something to search for is missing {what}")
        else:
            self._count += 1
            if self._count > MOST_CONDITIONS:
                raise self._error(token.at, f"The query has more than {MOST_CONDITIONS} conditions")
            found = self._condition(name)
        self._depth -= 1
        return found

    def _condition(self, name: Field) -> Condition:
        token = self._take()
        if token.kind != "field":
            return self._text(token, name)
        if name != "any":
            raise self._error(token.at, f"The field {token.text!r} stands inside the field {name!r}")
        if token.text in _FIELDS:
            inner = cast("Field", token.text)
            return self._one(inner) if self._peek().kind in ("(", "-") else self._text(self._value(token), inner)
        return self._special(token, self._value(token))

    def _value(self, token: _Token) -> _Token:
        if self._peek().kind not in ("word", "phrase"):
            raise self._error(token.at, f"The field {token.text!r} has no value")
        return self._take()

    def _text(self, token: _Token, name: Field) -> Condition:
        text = token.text.rstrip("*") if token.kind == "word" else token.text
        if token.text == "*" and name == "any" and token.kind == "word":
            return All()
        if not any(char.isalnum() for char in text):
            raise self._error(token.at, f"{token.text!r} has no letter or digit to search for")
        return Text(text, name, is_prefix=text != token.text, at=token.at)

    def _special(self, token: _Token, value: _Token) -> Condition:
        match token.text:
            case "before":
                return Period(until=self._period(value)[0])
            case "after":
                return Period(since=self._period(value)[0])
            case "on":
                return Period(*self._period(value))
            case "larger":
                return Size(least=self._size(value))
            case "smaller":
                return Size(most=self._size(value))
            case "thread" | "id":
                return Identity(value.text, whole_thread=token.text == "thread", at=token.at)
            case "has" if value.text.lower() in ("attachment", "attachments"):
                return HasAttachment()
            case "has":
                raise self._error(value.at, f"A message has no {value.text!r}; `has:attachment` is known")
            case _:
                raise self._error(
                    token.at, f"There is no field {token.text!r} ({_HINT}; quotation marks make it a text)"
                )

    def _period(self, value: _Token) -> tuple[int, int]:
        """Return the first second of a year, month or day, and the second after its last."""
        found = _DATE.fullmatch(value.text.strip())
        if found is None:
            raise self._error(value.at, f"{value.text!r} is no date; 2023, 2023-06 and 2023-06-30 are")
        year, month, day = (int(each) if each else None for each in found.groups())
        try:
            first = datetime(year or 0, month or 1, day or 1, tzinfo=UTC)
            if day:
                return int(first.timestamp()), int(first.timestamp()) + 86_400
        except ValueError:
            raise self._error(value.at, f"There is no day {value.text!r}") from None
        days = monthrange(first.year, first.month)[1] if month else 365 + isleap(first.year)
        return int(first.timestamp()), int(first.timestamp()) + days * 86_400

    def _size(self, value: _Token) -> int:
        found = _SIZE.fullmatch(value.text.strip())
        if found is None:
            raise self._error(value.at, f"{value.text!r} is no size; 500kb and 5mb are")
        return int(float(found[1]) * _UNIT[found[2].lower()])

    def _error(self, at: int, reason: str) -> QueryError:
        return QueryError(self._query, at, reason)


def _clipped(query: str, at: int) -> str:
    start = max(0, at - 100)
    return ("..." if start else "") + query[start : at + 100] + ("..." if len(query) > at + 100 else "")
