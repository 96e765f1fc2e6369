"""Evidence is merged without duplicates, and contradictions stay side by side."""

from agentkit import Agent, Document
from agentkit.patterns import Citation, Evidence, Findings, Quoted
from agentkit.patterns.reading.evidence import evidence_in, merge_evidence, render_evidence, with_question
from agentkit.patterns.reading.packing import Pack, Part


def test_the_same_claim_from_overlapping_passages_is_one() -> None:
    merged = merge_evidence(
        [
            Citation("a", 0, 10, "0123456789", "It costs 5 EUR.", 0.2),
            Citation("a", 5, 20, "567890123456789", "it costs 5  EUR", 0.9),
            Citation("a", 0, 10, "0123456789", "It costs 6 EUR.", 0.5),
            Citation("b", 0, 10, "0123456789", "It costs 5 EUR.", 0.1),
        ]
    )
    assert [(one.document, one.start, one.end, one.relevance) for one in merged] == [
        ("a", 5, 20, 0.9),
        ("a", 0, 10, 0.5),
        ("b", 0, 10, 0.1),
    ]
    shown = render_evidence(merged[:2], 7)
    assert '<evidence number="8" document="a">\n<claim>It costs 6 EUR.</claim>\n<quote>0123456789</quote>' in shown


def test_a_quote_is_from_the_only_document_unless_it_names_another() -> None:
    part = Part("a", 0, 3, 1, is_whole=True)
    found = [Evidence("x", "one", "a: Title of a"), Evidence("y", "two", "")]
    assert [one.document for one in evidence_in(Findings(found), Pack((part,)))] == ["a", ""]
    assert [*evidence_in({"quotes": ["three"]}, Pack((part,)))] == [Quoted("a", "three")]


def test_the_question_stands_in_the_instructions() -> None:
    reader = Agent("r", model="claude-haiku-5-5", input=Document, output=Findings, instructions="Read.")
    assert with_question(reader, " Why? ").instructions == "Read.\n\n<question>\nWhy?\n</question>"
