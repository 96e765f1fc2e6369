"""Evidence kept by content: what a reader found in a text, for the same question to the same reader, read once."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from dataclasses import asdict
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any

from agentkit.errors import ConfigurationError
from agentkit.messages.message import encode
from agentkit.patterns.quotes.verification import Quoted
from agentkit.run.delegation_terms import model_id

if TYPE_CHECKING:
    from agentkit.agents.agent import Agent


class KeptEvidence:
    """A SQLite database of findings by the content that they come from; written after each request.

    Args:
        path: The database; it is made if there is none.
        reader: The reader.
        question: The question.

    Raises:
        ConfigurationError: The file cannot be opened, or is no database.
    """

    def __init__(self, path: str | PathLike[str], reader: Agent[Any, Any, Any], question: str) -> None:
        try:
            self._database = _open_database(path)
        except sqlite3.Error as error:
            raise ConfigurationError(f"read_many(kept={fspath(path)!r}): it cannot be opened ({error}).") from None
        self._reader = f"{agent_fingerprint(reader)}\0{question}"

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def found_in(self, text: str, document: str) -> list[Quoted] | None:
        """Return what was found in a text, as quotes of a document. None: it was not read, or its row is damaged."""
        row = self._database.execute("SELECT found FROM evidence_1 WHERE key = ?", (self._key(text),)).fetchone()
        if row is None:
            return None
        try:
            rows: list[dict[str, Any]] = json.loads(row[0])
            return [Quoted(one["document"] or document, one["quote"], one["claim"], one["relevance"]) for one in rows]
        except (ValueError, TypeError, KeyError):
            return None

    def keep(self, text: str, document: str, found: list[Quoted]) -> None:
        """Keep what was found in the text of a document; its own id is left out, since it may change."""
        rows = [{**asdict(one), "document": "" if one.document == document else one.document} for one in found]
        with self._database:
            self._database.execute(
                "INSERT OR REPLACE INTO evidence_1 (key, found) VALUES (?, ?)", (self._key(text), json.dumps(rows))
            )

    def _key(self, text: str) -> str:
        return hashlib.sha256(f"{self._reader}\0{text}".encode(errors="replace")).hexdigest()


def _open_database(path: str | PathLike[str]) -> sqlite3.Connection:
    database = sqlite3.connect(fspath(path), check_same_thread=False)
    try:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("CREATE TABLE IF NOT EXISTS evidence_1 (key TEXT PRIMARY KEY, found TEXT NOT NULL)")
    except sqlite3.Error:
        database.close()
        raise
    return database


def agent_fingerprint(agent: Agent[Any, Any, Any]) -> str:
    """Return a text that differs for agents that may find, or write, other things."""
    instructions = agent.instructions
    if not isinstance(instructions, str):  # a function is known by its name
        instructions = f"{instructions.__module__}.{getattr(instructions, '__qualname__', instructions)}"
    schema = "" if agent.output_spec.is_text else encode(agent.output_spec.form.schema).decode()
    return "\0".join([model_id(agent.model), instructions, schema, repr(agent.settings)])
