"""Queries as conditions of SQL: texts as expressions of FTS5, all of them quoted, so that none is syntax."""

from __future__ import annotations

import re
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
_WORDS = "words CROSS JOIN messages ON messages.id = words.rowid WHERE words"
"""The words are looked up first, and the messages by their rows, which SQLite does not always choose by itself."""
_UNSPACED = re.compile(
    "([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff])"
)
"""Matches a letter of a script that puts no spaces between words: Chinese, Japanese, Thai, Lao, Burmese, Khmer."""


@dataclass(frozen=True, slots=True)
class Sql:
    """A condition on the table `messages`, and the values of its question marks."""

    text: str
    values: Values = ()


def separated(text: str) -> str:
    """Return a text with spaces between the letters of scripts that have none between words, as it is indexed."""
    return text if text.isascii() else _UNSPACED.sub(r" \1 ", text)


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
            phrase = separated(condition.text).replace('"', '""')
            return f'{_COLUMNS[condition.field]}"{phrase}"{"*" if condition.is_prefix else ""}'
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
    given = [(text, value) for text, value in bounds if value is not None]
    tests = " AND ".join([f"{column} IS NOT NULL", *(text for text, _ in given)])
    return Sql(f"({tests})", tuple(value for _, value in given))


def _identity(id: str, *, whole_thread: bool) -> Sql:  # noqa: A002 - it is what a query calls it
    wanted = "SELECT {} FROM messages WHERE key >= ? AND key <= ?"
    column = "thread" if whole_thread else "id"
    try:
        start = bytes.fromhex(id)
    except ValueError:
        return Sql("0")
    return Sql(f"messages.{column} IN ({wanted.format(column)})", (start, start + b"\xff" * 16))
