"""Filling JSON schemas by the roles of their properties."""

from dataclasses import dataclass
from enum import Enum
from typing import Literal

import pytest
from pydantic import BaseModel, TypeAdapter
from typing_extensions import TypedDict

from agentkit.messages.message import JSON, JSONObject
from agentkit.retrieval.passages import Hit, Passage
from agentkit.simulator.offline.fill import CannotFill, Facts, fill_schema, role_of

FIRST = Hit(Passage("rules", 81, 110, "Mooring costs 12 EUR a night."), 2.0, 0.9)
SECOND = Hit(Passage("prices", 4, 12, "12 EUR.\n"), 1.0, 0.6)
FOUND = Facts(
    "What is the fee?", "LABEL: 12 EUR", [FIRST, SECOND], ["rules", "prices"], {"rules": "The rules"}, ["gone"]
)
NOTHING = Facts("What is the fee?", "LABEL: nothing", sources=["rules"])
CALL = Facts("What is the fee?", sources=["rules", "prices"])


def filled(annotation: object, facts: Facts = FOUND) -> JSON:
    return fill_schema(TypeAdapter(annotation).json_schema(), facts)  # type: ignore[arg-type]  # any type will do


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("objective", "question"),
        ("document_id", "source"),
        ("documentIds", "source"),
        ("supporting_quotes", "quote"),
        ("source_quote", "quote"),
        ("char_start", "start"),
        ("start_offset", "start"),
        ("end_char", "end"),
        ("summary", "text"),
        ("Zusammenfassung", "text"),
        ("not_read", ""),
        ("unread", "missing"),
        ("colour", ""),
        ("", ""),
    ],
)
def test_the_last_telling_word_of_a_name_gives_its_role(name: str, role: str) -> None:
    assert role_of(name) == role


class Quote(TypedDict):
    text: str
    start: int
    end: int
    document_id: str


class Evidence(TypedDict):
    found: bool
    quotes: list[Quote]


def test_evidence_with_offsets() -> None:
    assert filled(Evidence) == {
        "found": True,
        "quotes": [
            {"text": "Mooring costs 12 EUR a night.", "start": 81, "end": 110, "document_id": "rules"},
            {"text": "12 EUR.\n", "start": 4, "end": 12, "document_id": "prices"},
        ],
    }
    assert filled(Evidence, NOTHING) == {"found": False, "quotes": []}


def test_a_report_with_citations() -> None:
    class Citation(BaseModel):
        source: str
        title: str
        quote: str
        claim: str

    class Report(BaseModel):
        answer: str
        citations: list[Citation]
        sources: list[str]
        unread: list[str] = []
        confidence: float | None = None

    report = TypeAdapter(Report).validate_python(filled(Report))
    assert report.answer == "LABEL: 12 EUR"
    assert [one.claim for one in report.citations] == [one.quote for one in report.citations]
    assert (report.citations[0].title, report.citations[1].title) == ("The rules", "prices")
    assert report.sources == ["rules", "prices"]
    assert (report.unread, report.confidence) == (["gone"], 0.9)


def test_quotes_grouped_by_their_source() -> None:
    class Source(BaseModel):
        id: str
        quotes: list[str]

    assert filled(list[Source]) == [
        {"id": "rules", "quotes": ["Mooring costs 12 EUR a night."]},
        {"id": "prices", "quotes": ["12 EUR.\n"]},
    ]


def test_one_quote_stands_for_the_best_and_optional_ones_for_none() -> None:
    @dataclass
    class Best:
        quote: str | None
        source: str
        start: int | None = None

    assert filled(Best) == {"quote": FIRST.passage.text, "source": "rules", "start": 81}
    assert filled(Best, NOTHING) == {"quote": None, "source": "rules", "start": None}


def test_plain_texts_lists_and_unions() -> None:
    class Question(BaseModel):
        question: str

    assert filled(list[str]) == ["Mooring costs 12 EUR a night.", "12 EUR.\n"]
    assert filled(str) == "LABEL: 12 EUR"
    assert filled(Evidence | Question) == filled(Evidence)
    assert filled(Question | None) == {"question": "What is the fee?"}


def test_choices_say_what_is_known() -> None:
    class Level(Enum):
        LOW = "low"
        HIGH = "high"

    class Verdict(TypedDict):
        verdict: Literal["found", "not found"]
        confidence: Level
        kind: Literal["verdict"]
        is_supported: bool

    assert filled(Verdict) == {"verdict": "found", "confidence": "high", "kind": "verdict", "is_supported": True}
    assert filled(Verdict, NOTHING) == {
        "verdict": "not found",
        "confidence": "low",
        "kind": "verdict",
        "is_supported": False,
    }


def test_a_brief_holds_the_question_and_its_sources_alone() -> None:
    class Brief(BaseModel):
        objective: str
        output_format: str = ""
        sources: list[str] = []
        boundaries: str = ""

    class One(TypedDict):
        document_id: str
        question: str

    assert filled(Brief, CALL) == {"objective": "What is the fee?", "sources": ["rules", "prices"]}
    assert filled(One, CALL) == {"document_id": "rules", "question": "What is the fee?"}


def test_a_recursive_type_ends() -> None:
    schema: JSONObject = {
        "$ref": "#/$defs/T",
        "$defs": {"T": {"type": "object", "properties": {"text": {"type": "string"}}}},
    }
    schema["$defs"]["T"]["properties"]["answer"] = {"$ref": "#/$defs/T"}
    schema["$defs"]["T"]["required"] = ["text"]
    value = fill_schema(schema, FOUND)
    assert isinstance(value, dict)
    assert value["text"] == "LABEL: 12 EUR"


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {"colour": {"type": "string"}}, "required": ["colour"]},
        {"type": "object", "properties": {"price": {"type": "number"}}, "required": ["price"]},
        {"type": "array", "items": {"type": "string"}, "minItems": 3},
        {"type": "string", "enum": ["red", "blue"]},
        {"anyOf": [{"type": "number"}, {"type": "integer"}]},
        {"type": "object", "properties": {"answer": {"$ref": "#"}}, "required": ["answer"]},
        {"type": "string", "pattern": "^never$"},
    ],
)
def test_what_is_not_known_is_not_made_up(schema: JSONObject) -> None:
    with pytest.raises(CannotFill):
        fill_schema(schema, FOUND)


def test_a_text_keeps_to_its_length_and_a_list_to_its_size() -> None:
    assert fill_schema({"type": "string", "maxLength": 5}, FOUND) == "LABEL"
    assert fill_schema({"type": "array", "items": {"type": "string"}, "maxItems": 1}, FOUND) == [FIRST.passage.text]
