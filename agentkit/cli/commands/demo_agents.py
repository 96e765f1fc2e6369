"""The demo's agents: a lead that delegates one document each to cheap readers, and merges what they quote.

The file is also an example: it depends neither on the command line nor on the offline responder. Docstrings of inputs,
outputs and their fields are sent to the model.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from agentkit import Agent, Document, RunContext, ToolError, tool


@dataclass(frozen=True)
class Library:
    """The documents by id, as the deps of the tools."""

    documents: dict[str, Document]


@dataclass
class Quote:
    """An exact quote and its place."""

    document: str
    """The document's id."""
    text: str
    """Word for word, as it stands there."""
    start: int
    """Its beginning, in characters from the start of the document."""
    end: int
    """Its end, in characters from the start of the document."""


@dataclass
class Evidence:
    """The statements of one document about the question."""

    quotes: list[Quote] = field(default_factory=list[Quote])
    """The most telling first; empty when the document does not answer."""


@dataclass
class Reading:
    """The task of a reader."""

    document: str
    """The id of the one document to read."""
    question: str
    """The question, in full."""


@dataclass
class Entry:
    """A document in the list that the lead is given."""

    id: str
    title: str


@dataclass
class ResearchQuestion:
    """The input of the lead: the question, and the documents to search."""

    question: str
    documents: list[Entry]


@dataclass
class CitedAnswer:
    """The lead's answer."""

    answer: str
    """A few sentences. Says so when no document answers."""
    quotes: list[Quote] = field(default_factory=list[Quote])
    """The quotes that it rests on, as the readers gave them."""


@tool(effect="read", max_result_tokens=100_000)
def read_document(ctx: RunContext[Library], document: str) -> str:
    """Read one document from its first to its last character.

    Args:
        document: Its id.
    """
    if document not in ctx.deps.documents:
        raise ToolError(f"There is no document {document!r}.", hint="Use an id from your brief.")
    return ctx.deps.documents[document].text


reader = Agent(
    "reader",
    model="claude-haiku-5-5",
    description="Reads one document and quotes what answers the question, word for word, with its place.",
    instructions="Read the document. Quote exactly, and only what answers the question. Quote nothing if it does not.",
    input=Reading,
    output=Evidence,
    deps=Library,
    tools=[read_document],
)
lead = Agent(
    "lead",
    model="claude-opus-5-5",
    instructions=(
        "Ask a reader for every document, all in one turn. Then answer from their quotes alone, and name the quotes "
        "that your answer rests on. If nothing answers, say so."
    ),
    input=ResearchQuestion,
    output=CitedAnswer,
    deps=Library,
    tools=[reader.as_tool()],
)


def lead_with_model(model: str | None) -> Agent[Library, ResearchQuestion, CitedAnswer]:
    """Return the lead with itself and its readers on one model. None: each agent keeps its own model."""
    if model is None:
        return lead
    return replace(lead, model=model, tools=[replace(reader, model=model).as_tool()])


def lead_input(question: str, documents: Iterable[Document]) -> ResearchQuestion:
    """Return the lead's input for a question about documents."""
    return ResearchQuestion(question, [Entry(document.id, document.title) for document in documents])
