"""The form of an answer: names, each with the quotes that show it, and a number."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Quote:
    """A passage that shows something."""

    document: str
    """The id of the document."""
    quote: str
    """The words, exactly as they stand there, in 600 characters at most."""


@dataclass
class Item:
    """A ship that the question asks for."""

    name: str
    """The name under which it is registered."""
    quotes: list[Quote] = field(default_factory=list[Quote])
    """The passages that show it, from all documents."""


@dataclass
class Answer:
    """The answer to a question about all documents."""

    items: list[Item] = field(default_factory=list[Item])
    """The ships, in the order that the question asks for."""
    number: float | None = None
    """The number that the question asks for. None: it asks for none."""
    absent: list[str] = field(default_factory=list[str])
    """The ships of which the documents report nothing of the kind, where the question asks for them."""
