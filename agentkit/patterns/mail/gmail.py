"""Queries in the search syntax of Gmail, for those who narrow before they download."""

from __future__ import annotations

from agentkit.patterns.mail.conditions import (
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
from agentkit.patterns.mail.query import QueryError, parse_query

_OPERATORS: dict[Field, str] = {
    "any": "",
    "from": "from:",
    "to": "to:",
    "cc": "cc:",
    "subject": "subject:",
    "filename": "filename:",
}
_EVERYWHERE = "in:anywhere"


def gmail_query(query: str) -> str:
    """Return a query in Gmail's search syntax. Each text is between quotation marks, dates are seconds since 1970.

    Args:
        query: The query, as `MailIndex.search` takes it.

    Raises:
        QueryError: It cannot be parsed, or Gmail has no words for a part of it: `body:`, `id:`, `thread:`, `word*`.
    """
    return _Writer(query).write(parse_query(query))


class _Writer:
    def __init__(self, query: str) -> None:
        self._query = query

    def write(self, condition: Condition) -> str:
        """Return what Gmail calls a condition."""
        match condition:
            case And(parts):
                return f"({' '.join(map(self.write, parts))})"
            case Or(parts):
                return f"({' OR '.join(map(self.write, parts))})"
            case Not(part):
                return f"-{self.write(part)}"
            case Text():
                return self._write_text(condition)
            case Period(since, until):
                return _bounds(("after:", since), ("before:", until))
            case Size(least, most):
                return _bounds(("larger:", least), ("smaller:", None if most is None else most + 1))
            case HasAttachment():
                return "has:attachment"
            case Identity():
                name = "thread" if condition.whole_thread else "id"
                raise QueryError(self._query, condition.at, f"Gmail knows no {name!r} of this index")
            case All():
                return _EVERYWHERE

    def _write_text(self, text: Text) -> str:
        if text.is_prefix:
            raise QueryError(self._query, text.at, "Gmail finds whole words, not beginnings of words")
        quoted = f'"{text.text}"'
        if text.field == "person":
            return f"(from:{quoted} OR to:{quoted} OR cc:{quoted} OR bcc:{quoted})"
        if text.field == "cc":
            return f"(cc:{quoted} OR bcc:{quoted})"
        if text.field not in _OPERATORS:
            raise QueryError(self._query, text.at, f"Gmail has no field {text.field!r}")
        return _OPERATORS[text.field] + quoted


def _bounds(*bounds: tuple[str, int | None]) -> str:
    given = [f"{name}{value}" for name, value in bounds if value is not None]
    return given[0] if len(given) == 1 else f"({' '.join(given)})"
