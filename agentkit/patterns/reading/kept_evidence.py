"""Evidence kept by content: what a reader found in a text, for the same question to the same reader, read once."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, cast

from agentkit.patterns.kept_results import KeptResults, agent_fingerprint
from agentkit.patterns.quotes.verification import Quoted

if TYPE_CHECKING:
    from os import PathLike

    from agentkit.agents.agent import Agent
    from agentkit.messages.message import JSON


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
        self._results = KeptResults(path, "read_many")
        self._reader = (agent_fingerprint(reader), question)

    def close(self) -> None:
        """Close the database."""
        self._results.close()

    def found_in(self, text: str, document: str) -> list[Quoted] | None:
        """Return what was found in a text, as quotes of a document. None: it was not read, or its row is damaged."""
        rows = cast("list[dict[str, Any]] | None", self._results.find(*self._reader, text))
        if rows is None:
            return None
        try:
            return [Quoted(one["document"] or document, one["quote"], one["claim"], one["relevance"]) for one in rows]
        except (TypeError, KeyError):
            return None

    def keep(self, text: str, document: str, found: list[Quoted]) -> None:
        """Keep what was found in the text of a document; its own id is left out, since it may change."""
        rows = [{**asdict(one), "document": "" if one.document == document else one.document} for one in found]
        self._results.keep(cast("JSON", rows), *self._reader, text)
