"""Full-text search in SQLite (FTS5): for texts that should not stay in memory, or that are searched again later."""

import sqlite3
from collections.abc import Iterable
from os import PathLike, fspath
from types import TracebackType

from agentkit.errors import UsageError
from agentkit.retrieval.terms import wanted_terms

_MAX_QUERY_TERMS = 500
"""SQLite takes no expression that is nested deeper than a thousand."""


class FullText:
    """Texts in a SQLite database, with their words indexed; forms of an English word match.

    A thread of its own per object: SQLite's calls block, so call it in `anyio.to_thread` from async code.

    Args:
        path: The database. None: a temporary one, on disk, that goes with the object.

    Raises:
        UsageError: This Python's SQLite is built without FTS5.
    """

    def __init__(self, path: str | PathLike[str] | None = None) -> None:
        self._database = sqlite3.connect("" if path is None else fspath(path), check_same_thread=False)
        try:
            self._database.execute(
                "CREATE VIRTUAL TABLE IF NOT EXISTS texts USING fts5"
                '(id UNINDEXED, text, tokenize = "porter unicode61 remove_diacritics 2")'
            )
        except sqlite3.DatabaseError as error:
            self._database.close()
            if "fts5" not in str(error):
                raise
            raise UsageError("The SQLite of this Python has no FTS5: use Bm25, which needs nothing.") from None

    def __enter__(self) -> "FullText":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the database; a temporary one is gone."""
        self._database.close()

    def __len__(self) -> int:
        return int(self._database.execute("SELECT count(*) FROM texts").fetchone()[0])

    def add(self, texts: Iterable[tuple[str, str]]) -> None:
        """Add texts, all or none.

        Args:
            texts: Each with the id that a search names it by.
        """
        with self._database:
            self._database.executemany(
                "INSERT INTO texts (id, text) VALUES (?, ?)", ((name, _storable(text)) for name, text in texts)
            )

    def text(self, id: str) -> str | None:  # noqa: A002 - it is what the table calls it
        """Return the text with an id, the first of them. None: there is none.

        Args:
            id: The id that it was added with.
        """
        row = self._database.execute("SELECT text FROM texts WHERE id = ? LIMIT 1", (id,)).fetchone()
        return None if row is None else str(row[0])

    def search(self, query: str, limit: int = 10) -> list[tuple[str, float]]:
        """Return ids and scores of the best texts, best first; those that share no word with the query are left out.

        Args:
            query: Any text: its words are searched for, nothing in it is an operator.
            limit: The most texts to return.
        """
        terms = wanted_terms(query)[:_MAX_QUERY_TERMS]
        if not terms:
            return []
        expression = " OR ".join(f'"{term}"' for term in terms)
        rows = self._database.execute(
            "SELECT id, bm25(texts) FROM texts WHERE texts MATCH ? ORDER BY bm25(texts), rowid LIMIT ?",
            (expression, limit),
        )
        return [(str(name), -float(score)) for name, score in rows]


def _storable(text: str) -> str:
    """Return the text with a question mark for what UTF-8 does not have, halves of surrogate pairs."""
    return text.encode(errors="replace").decode()
