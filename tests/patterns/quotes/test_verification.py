"""Quotes are replaced by exact spans, moved to their document, or dropped and counted; sub-agents are told."""

from dataclasses import dataclass, field

import pytest
from pydantic import BaseModel

from agentkit import Agent, Document
from agentkit.messages import JSONObject
from agentkit.messages.message import Block
from agentkit.patterns import Citation, Quoted, citations_of_api, verify_output, verify_quotes
from agentkit.testing import Reply, script

DOCUMENTS = [
    Document("fees", "The fee is 12 EUR,\nnot more."),
    Document("cards", "Cards are free. A card costs nothing."),
]


def test_quotes_are_placed_moved_or_dropped() -> None:
    verified = verify_quotes(
        [
            Quoted("fees", "fee is 12 EUR, not more", "the fee"),
            Quoted("fees", "Cards are free."),
            Quoted("cards", "A card ... nothing ... the fee is 13 EUR"),
            Quoted("no such", "not more"),
            Quoted("fees", "The fee is 21 EUR"),
            Quoted("", "\u2026"),
        ],
        DOCUMENTS,
    )
    assert verified.citations == (
        Citation("fees", 4, 27, "fee is 12 EUR,\nnot more", "the fee"),
        Citation("cards", 0, 15, "Cards are free."),
        Citation("cards", 16, 22, "A card"),
        Citation("cards", 29, 36, "nothing"),
        Citation("fees", 19, 27, "not more"),
    )
    assert [one.quote for one in verified.dropped] == ["the fee is 13 EUR", "The fee is 21 EUR", "\u2026"]
    assert verified.misplaced == 2


def test_an_ellipsis_stands_for_no_negation() -> None:
    texts = {"a": "Fees are not refundable. They are due now, and never later. It is, as said, free."}
    for quote in ("Fees ... refundable", "Fees are [...] refundable", "due now ... later"):
        for document in ("a", "b", ""):
            verified = verify_quotes([Quoted(document, quote)], texts)
            assert ([one.quote for one in verified.dropped], verified.citations) == ([quote], ())
    assert len(verify_quotes([Quoted("a", "It is ... free"), Quoted("a", "are not ... due now")], texts).citations) == 4


@pytest.mark.anyio
async def test_citations_of_the_api_become_passages() -> None:
    def cite(number: int, start: int, end: int, text: str) -> JSONObject:
        return {
            "type": "char_location", "document_index": number, "document_title": None, "cited_text": text,
            "start_char_index": start, "end_char_index": end,
        }  # fmt: skip

    given = [cite(0, 4, 17, "fee is 12 EUR"), cite(1, 3, 9, "A card costs nothing."), cite(5, 0, 1, "x")]
    block: Block = {"type": "text", "text": "It is 12 EUR.", "citations": [*given, cite(0, 0, 1, "Not there")]}
    blocks = [{**document.to_block(), "citations": {"enabled": True}} for document in DOCUMENTS]
    with script(Reply.block(block)):
        result = await Agent("plain", model="claude-haiku-5-5").run([*blocks, "What is the fee?"])
    assert citations_of_api(result.citations, DOCUMENTS) == [
        Citation("fees", 4, 17, "fee is 12 EUR"),
        Citation("cards", 16, 37, "A card costs nothing."),
    ]


@dataclass
class Found:
    source: str
    quotes: list[str] = field(default_factory=list[str])


class Report(BaseModel):
    found: list[Found]
    note: str = ""


@pytest.mark.parametrize(
    ("output", "problem"),
    [
        (Report(found=[Found("fees", ["fee is 12 EUR"])], note="free of charge"), None),
        ("plain text", None),
        ({"document": "fees", "items": [{"quote": "Cards are free."}]}, "stands in 'cards', not in 'fees'"),
        (Report(found=[Found("fees", ["fee is 13 EUR"])]), "no document holds the quote 'fee is 13 EUR'"),
        ([{"quotes": [{"quote": "fee is 13 EUR", "document": "fees"}]}], "no document holds the quote"),
    ],
)
def test_outputs_of_any_type_are_checked(output: object, problem: str | None) -> None:
    said = verify_output(DOCUMENTS)(output)
    assert said is None if problem is None else said is not None and problem in said


@pytest.mark.anyio
async def test_a_sub_agent_that_invents_a_quote_answers_again() -> None:
    reader = Agent("reader", model="claude-haiku-5-5", output=Found)
    lead = Agent("lead", model="claude-opus-5-5", tools=[reader.as_tool(verify=verify_output(DOCUMENTS))])
    with script(
        Reply.tool("reader", objective="the fee"),
        Reply.output(Found("fees", ["The fee is 13 EUR"])),
        Reply.output(Found("fees", ["The fee is 12 EUR"])),
        Reply.text("12 EUR"),
    ) as played:
        result = await lead.run("What is the fee?")
    assert result.output == "12 EUR"
    assert "The fee is 13 EUR" in str(played.requests[2]["messages"][-1])
