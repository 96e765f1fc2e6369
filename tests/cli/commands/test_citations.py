"""Quotes are held against their documents; what does not stand there is not shown."""

from __future__ import annotations

from agentkit import Document
from agentkit.cli.commands.citations import answer_without_quotes, verify_quotes
from agentkit.cli.commands.demo_agents import Quote

DOCUMENTS = {"d": Document("d", "Tea is hot. Coffee is hotter.\nTea is\n  hot. Bell\x07 rings.")}
TRUE = Quote("d", "Tea is hot.", 0, 11)
INVENTED = Quote("d", "Milk is very cold.", 0, 18)


def test_a_quote_gets_its_true_place() -> None:
    assert verify_quotes([TRUE], DOCUMENTS) == ([TRUE], [])
    assert verify_quotes([Quote("d", "Coffee is hotter.", 0, 5)], DOCUMENTS)[0] == [
        Quote("d", "Coffee is hotter.", 12, 29)
    ]
    assert verify_quotes([Quote("d", "hot.", -4, 0)], DOCUMENTS)[0] == [Quote("d", "hot.", 7, 11)]


def test_what_does_not_stand_there_word_for_word_is_dropped() -> None:
    elsewhere, blank, other_case = Quote("x", "Tea", 0, 3), Quote("d", " ", 3, 4), Quote("d", "tea is hot.", 0, 11)
    assert verify_quotes([INVENTED, elsewhere, blank, other_case], DOCUMENTS) == (
        [],
        [INVENTED, elsewhere, blank, other_case],
    )


def test_a_rewrapped_quote_is_shown_as_its_document_has_it() -> None:
    assert verify_quotes([Quote("d", " Tea is hot.", 29, 42)], DOCUMENTS)[0] == [Quote("d", "Tea is\n  hot.", 30, 43)]


def test_a_character_that_no_request_carries_is_found_again() -> None:
    kept, _ = verify_quotes([Quote("d", "Bell\ufffd rings.", 44, 56)], DOCUMENTS)
    assert kept == [Quote("d", "Bell\x07 rings.", 44, 56)]
    assert answer_without_quotes("[d, characters 44-56] Bell\ufffd rings.", kept, []) == ""


def test_the_same_place_is_quoted_once_and_nothing_counts_as_dropped_for_it() -> None:
    assert verify_quotes([TRUE, TRUE, Quote("d", "Tea is hot. ", 0, 12)], DOCUMENTS) == ([TRUE], [])


def test_citations_that_stand_apart_are_not_shown_twice_and_prose_keeps_its_quotes() -> None:
    answer = 'Tea: "Tea is hot."\n\n[d, characters 0-11] Tea is\nhot.\n\n[d] Milk is very cold.\n\nThe end.'
    assert answer_without_quotes(answer, [TRUE], [INVENTED]) == 'Tea: "Tea is hot."\n\nThe end.'


def test_an_invented_quote_is_not_repeated_in_the_answer() -> None:
    said = answer_without_quotes("It says: Milk is\nvery cold. So it is.", [], [INVENTED])
    assert said == "It says: [a quote that its document does not hold] So it is."
    assert answer_without_quotes("A cat.", [], [Quote("d", "A", 0, 1), Quote("d", " ", 0, 1)]) == "A cat."
