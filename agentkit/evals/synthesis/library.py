"""The world of the tasks: documents that are made anew from their size and their seed, and tools to read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from agentkit.errors import ToolError
from agentkit.evals.synthesis.corpus import corpus_of
from agentkit.messages.content import Document
from agentkit.retrieval.bm25 import Bm25
from agentkit.tools.decorator import tool
from agentkit.tools.run_context import RunContext


@dataclass(frozen=True, slots=True)
class Library:
    """The documents of one size and seed."""

    tokens: int
    """The tokens of all documents together."""
    seed: int
    """Chooses the facts and the words."""

    @property
    def documents(self) -> tuple[Document, ...]:
        """The documents."""
        return corpus_of(self.tokens, self.seed).documents


@dataclass(frozen=True, slots=True)
class Found:
    """A passage that a search found."""

    document: str
    """The id of its document."""
    passage: str
    """The passage."""


@tool(effect="read")
async def list_documents(ctx: RunContext[Library]) -> dict[str, str]:
    """Return the ids of all documents, with their titles."""
    return {one.id: one.title for one in ctx.deps.documents}


@tool(effect="read")
async def read_documents(ctx: RunContext[Library], ids: list[str]) -> dict[str, str]:
    """Return the texts of documents.

    Args:
        ids: The ids of the documents, 20 at most.
    """
    texts = {one.id: one.text for one in ctx.deps.documents}
    if unknown := [one for one in ids if one not in texts]:
        raise ToolError(f"There is no document {unknown[0]!r}; list_documents knows all.")
    return {one: texts[one] for one in ids[:20]}


@tool(effect="read")
async def search_passages(ctx: RunContext[Library], words: str, most: int = 10) -> list[Found]:
    """Return the passages that share the most with some words, the best first.

    Args:
        words: The words.
        most: The most passages to return, 50 at most.
    """
    library = ctx.deps
    places = passages_of(library.tokens, library.seed)
    hits = passage_index(library.tokens, library.seed).search(words, limit=min(most, 50))
    return [Found(*places[hit.id]) for hit in hits]


@lru_cache(maxsize=4)
def passages_of(tokens: int, seed: int) -> Mapping[int, tuple[str, str]]:
    """Return the document and the text of each paragraph of a corpus, by number.

    Args:
        tokens: The size of the corpus.
        seed: The seed of the corpus.
    """
    documents = corpus_of(tokens, seed).documents
    return dict(enumerate((one.id, text) for one in documents for text in one.text.split("\n\n")))


@lru_cache(maxsize=4)
def passage_index(tokens: int, seed: int) -> Bm25[int]:
    """Return an index of the paragraphs of a corpus, by number.

    Args:
        tokens: The size of the corpus.
        seed: The seed of the corpus.
    """
    return Bm25((number, text) for number, (_, text) in passages_of(tokens, seed).items())
