"""The suite: questions about a library of documents, an agent with tools to read it, and rows to compare with."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from agentkit.agents.agent import Agent
from agentkit.errors import DefinitionError
from agentkit.evals.suite import Suite
from agentkit.evals.synthesis.answer import Answer, Item, Quote
from agentkit.evals.synthesis.baselines import bm25, regular_expressions
from agentkit.evals.synthesis.grading import Cited, Complete, Correct
from agentkit.evals.synthesis.library import Library, list_documents, read_documents, search_passages
from agentkit.evals.synthesis.questions import Expected, questions_of
from agentkit.evals.task import Task
from agentkit.patterns.reading.evidence import default_reader
from agentkit.patterns.reading.read_many import read_many

if TYPE_CHECKING:
    from agentkit.models.model import Model

_LEAST_TOKENS, _MOST_TOKENS = 10_000, 2_000_000
_INSTRUCTIONS = (
    "Answer the question from the documents alone. Facts are spread over all of them: a ship goes by several names, "
    "which some passages declare to be the same, and days are counted from feasts, which the almanac dates, or from "
    "the passage before. Give for every ship the passages that show its part of the answer, word for word, with the "
    "ids of their documents."
)


def suite(
    *,
    tokens: int = 10_000,
    seed: int = 0,
    model: str | Model = "claude-haiku-5-5",
    writer: str | Model = "claude-opus-5-5",
) -> Suite:
    """Return the suite of one size: 12 questions, of which each combines facts from many documents.

    They ask to count, to compare, to order in time, to find contradictions, and what is absent. Every passage tells
    something that an answer depends on. The suite brings `read_many`, which reads all documents, `oracle`, which knows
    the facts, and two solvers without a model, `regular_expressions` and `bm25`.

    Args:
        tokens: The tokens of all documents together, 10,000 to 2,000,000.
        seed: Chooses the facts, the words and the questions.
        model: The model of the suite's agent, and of the readers of `read_many`.
        writer: The model that answers in `read_many`.

    Raises:
        DefinitionError: The number of tokens is outside of its range.
    """
    if not _LEAST_TOKENS <= tokens <= _MOST_TOKENS:
        raise DefinitionError(f"synthesis.suite(tokens={tokens}): give {_LEAST_TOKENS:,} to {_MOST_TOKENS:,} tokens.")
    return Suite(
        f"synthesis-{tokens}",
        [_task(expected, number, tokens, seed) for number, expected in enumerate(questions_of(tokens, seed), 1)],
        description=f"Facts combined over documents of {tokens:,} tokens, seed {seed}.",
        agent=Agent(
            "reader", model=model, instructions=_INSTRUCTIONS, output=Answer, deps=Library,
            tools=[list_documents, search_passages, read_documents],
        ),
        agents={
            "read_many": partial(_read_and_answer, model, writer),
            "oracle": _oracle,
            "regular_expressions": regular_expressions,
            "bm25": bm25,
        },
    )  # fmt: skip


def _task(expected: Expected, number: int, tokens: int, seed: int) -> Task[Library]:
    return Task(
        expected.question,
        setup=partial(Library, tokens, seed),
        graders=(Complete(expected), Correct(expected), Cited(expected, tokens, seed)),
        category=expected.kind,
        name=f"{expected.kind} {number}",
    )


async def _read_and_answer(reader: str | Model, writer: str | Model, question: str, library: Library) -> Answer | None:
    """Answer a question by reading all documents."""
    result = await read_many(
        library.documents,
        question,
        reader=Agent(
            "reader", model=reader, instructions=f"{default_reader.instructions}\n\n{_INSTRUCTIONS}",
            input=default_reader.input, output=default_reader.output,
        ),
        writer=Agent("writer", model=writer, instructions=_INSTRUCTIONS, output=Answer),
    )  # fmt: skip
    return result.answer


async def _oracle(question: str, library: Library) -> Answer:
    """Answer a question from the facts, with all passages that show them."""
    expected = next(one for one in questions_of(library.tokens, library.seed) if one.question == question)
    return known_answer(expected)


def known_answer(expected: Expected) -> Answer:
    """Return the full answer to a question, with a quote for each piece of evidence.

    Args:
        expected: The question.
    """
    items = [
        Item(name, [Quote(passage.document, sentence) for one in needed for passage, sentence in one.passages[:1]])
        for name, needed in zip(expected.names, expected.evidence, strict=True)
    ]
    return Answer(items, expected.number, [*expected.absent])
