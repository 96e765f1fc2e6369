"""Queries as conditions of SQL: texts as expressions of FTS5, all of them quoted, so that none is syntax."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TypeAlias

from agentkit.patterns.mail.conditions import (
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
from agentkit.patterns.mail.prefixes import forms_of_prefix

Values: TypeAlias = tuple[str | int | bytes, ...]

_COLUMNS: dict[Field, str] = {
    "any": "",
    "from": "sender : ",
    "to": "{receivers copies} : ",
    "cc": "copies : ",
    "person": "{sender receivers copies} : ",
    "subject": "subject : ",
    "body": "body : ",
    "filename": "files : ",
}
IDENTITY = re.compile("(?:[0-9a-f]{2}){8,16}")
"""Matches the id of a message: the beginning of the digest of its content, or all of it."""
_WORDS = "words CROSS JOIN messages ON messages.id = words.rowid WHERE words"
"""The words are looked up first, and the messages by their rows, which SQLite does not always choose by itself."""
_UNSPACED = re.compile(
    "([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff])"
)
"""Matches a letter of a script that puts no spaces between words: Chinese, Japanese, Thai, Lao, Burmese, Khmer."""

_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff"
    "\uffa0\U000e0000-\U000e0fff]"
)
"""Matches characters that no reader sees, such as those where a word may be broken."""
_UNQUERIED = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
_MOST_INTEGER = 2**63 - 1
"""The greatest integer of SQLite."""


@dataclass(frozen=True, slots=True)
class Sql:
    """A condition on the table `messages`, and the values of its question marks."""

    text: str
    values: Values = ()


def searchable(text: str) -> str:
    """Return a text as it is indexed: without what no reader sees, each letter in one form (NFKC of Unicode).

    Letters of scripts that put no spaces between words are separated.
    """
    if text.isascii():
        return text
    return _UNSPACED.sub(r" \1 ", unicodedata.normalize("NFKC", _UNSEEN.sub("", text)))


def rows_of(condition: Condition) -> Sql:
    """Return the tables and the condition that select the messages of a query: what follows FROM."""
    texts, others = _split_texts(condition.parts, And) if isinstance(condition, And) else ((condition,), ())
    expression = _expression(And(texts)) if texts else None
    if expression is None:
        sql = sql_of(condition)
        return Sql(f"messages WHERE {sql.text}", sql.values)
    rest = sql_of(And(others)) if others else Sql("1")
    return Sql(f"{_WORDS} MATCH ? AND {rest.text}", (expression, *rest.values))


def sql_of(condition: Condition) -> Sql:
    """Return the SQL of a query."""
    expression = _expression(condition)
    if expression is not None:
        return Sql("messages.id IN (SELECT rowid FROM words WHERE words MATCH ?)", (expression,))
    match condition:
        case And(parts):
            return _joined(parts, And, " AND ")
        case Or(parts):
            return _joined(parts, Or, " OR ")
        case Not(part):
            inner = sql_of(part)
            return Sql(f"NOT {inner.text}", inner.values)
        case Period(since, until):
            return _bounded("date", since, until)
        case Size(least, most):
            return _bounded("size", least, None if most is None else most + 1)
        case HasAttachment():
            return Sql("has_attachment")
        case Identity(id, whole_thread):
            return _identity(id, whole_thread=whole_thread)
        case _:
            return Sql("1")


def _expression(condition: Condition) -> str | None:
    """Return the expression of FTS5 for a condition. None: it has none, since it is not of texts alone."""
    match condition:
        case Text():
            phrase = searchable(_UNQUERIED.sub(" ", condition.text)).replace('"', '""')
            forms = forms_of_prefix(phrase) if condition.is_prefix else (f'"{phrase}"',)
            return _COLUMNS[condition.field] + (forms[0] if len(forms) == 1 else f"({' OR '.join(forms)})")
        case Or(parts):
            return _group(parts, " OR ")
        case And(parts):
            wanted = _group([part for part in parts if not isinstance(part, Not)], " AND ")
            unwanted = _group([part.part for part in parts if isinstance(part, Not)], " OR ")
            if wanted and all(not isinstance(part, Not) for part in parts):
                return wanted
            return f"({wanted} NOT {unwanted})" if wanted and unwanted else None
        case _:
            return None


def _group(parts: list[Condition] | tuple[Condition, ...], operator: str) -> str | None:
    expressions = [_expression(part) for part in parts]
    if not expressions or None in expressions:
        return None
    return f"({operator.join(filter(None, expressions))})"


def _joined(parts: tuple[Condition, ...], kind: type[And] | type[Or], operator: str) -> Sql:
    """Return the SQL of several conditions; those of texts become one expression."""
    if not parts:
        return Sql("1" if kind is And else "0")
    texts, others = _split_texts(parts, kind)
    pieces = [sql_of(kind(texts))] if texts else []
    pieces += [sql_of(part) for part in others]
    return Sql(f"({operator.join(piece.text for piece in pieces)})", sum((piece.values for piece in pieces), ()))


def _split_texts(
    parts: tuple[Condition, ...], kind: type[And] | type[Or]
) -> tuple[tuple[Condition, ...], tuple[Condition, ...]]:
    """Return the conditions that together have an expression of FTS5, and the others."""
    texts = tuple(part for part in parts if _expression(part) is not None)
    if texts and kind is And:  # what must not occur can join what must
        texts += tuple(part for part in parts if isinstance(part, Not) and _expression(part.part) is not None)
    return texts, tuple(part for part in parts if part not in texts)


def _bounded(column: str, least: int | None, end: int | None) -> Sql:
    """Return the SQL for a range; a message of which the value is not known is in none."""
    bounds = [(f"{column} >= ?", least), (f"{column} < ?", end)]
    given = [(text, max(-_MOST_INTEGER, min(value, _MOST_INTEGER))) for text, value in bounds if value is not None]
    tests = " AND ".join([f"{column} IS NOT NULL", *(text for text, _ in given)])
    return Sql(f"({tests})", tuple(value for _, value in given))


def _identity(id: str, *, whole_thread: bool) -> Sql:  # noqa: A002 - it is what a query calls it
    wanted = "SELECT {} FROM messages WHERE key >= ? AND key <= ?"
    column = "thread" if whole_thread else "id"
    if not IDENTITY.fullmatch(id):
        return Sql("0")
    start = bytes.fromhex(id)
    return Sql(f"messages.{column} IN ({wanted.format(column)})", (start, start + b"\xff" * 16))
