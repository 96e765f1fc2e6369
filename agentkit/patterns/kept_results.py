"""Results kept by content: what an agent found or said for the same content is paid once, in whatever run."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any

from agentkit.errors import ConfigurationError
from agentkit.messages.message import JSON, encode
from agentkit.run.delegation_terms import model_id

if TYPE_CHECKING:
    from agentkit.agents.agent import Agent


class KeptResults:
    """A SQLite database of results by the content that they come from; written after each request.

    Args:
        path: The database; it is made if there is none.
        pattern: The name of the function that it was given to, for errors.

    Raises:
        ConfigurationError: The file cannot be opened, or is no database.
    """

    def __init__(self, path: str | PathLike[str], pattern: str) -> None:
        try:
            self._database = _open_database(path)
        except sqlite3.Error as error:
            raise ConfigurationError(f"{pattern}(kept={fspath(path)!r}): it cannot be opened ({error}).") from None

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def find(self, *content: str) -> JSON:
        """Return the result for some content. None: there is none yet, or its row is damaged."""
        row = self._database.execute("SELECT found FROM evidence_1 WHERE key = ?", (content_key(*content),)).fetchone()
        try:
            return None if row is None else json.loads(row[0])
        except (ValueError, TypeError):
            return None

    def keep(self, result: JSON, *content: str) -> None:
        """Keep the result for some content."""
        with self._database:
            self._database.execute(
                "INSERT OR REPLACE INTO evidence_1 (key, found) VALUES (?, ?)",
                (content_key(*content), json.dumps(result)),
            )


def content_key(*content: str) -> str:
    """Return a key that differs for other texts."""
    return hashlib.sha256("\0".join(content).encode(errors="replace")).hexdigest()


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
