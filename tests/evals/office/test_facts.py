"""Texts are free, but for their facts in any usual form."""

from __future__ import annotations

import pytest

from agentkit.evals.office.facts import missing_parts


@pytest.mark.parametrize(
    ("fact", "text"),
    [
        ("2027-03-11", "See you on Thursday, 11 March."),
        ("2027-03-11", "March 11th it is"),
        ("2027-03-11", "on 11.03.2027"),
        ("2027-03-02", "the 2nd of March"),
        ("2027-03-12", "on Friday, the 12th"),
        ("6", "Six places are taken"),
        ("09:30", "at 9:30"),
        ("15:00", "at 3 pm"),
        ("15:00", "15:00 to 15:15"),
        ("156", "156 EUR"),
        ("156", "EUR 156.00."),
        ("127.50", "It is 127.5 EUR"),
        ("127.50", "127,50 EUR"),
        ("56200", "56,200 EUR"),
        ("7450", "7'450.00"),
        ("LT-104", "It is lt-104."),
        ("Cedar", "in the room **Cedar**"),
    ],
)
def test_a_fact_is_found_in_its_usual_forms(fact: str, text: str) -> None:
    assert missing_parts(f"It is **{fact}**.", text) == []


@pytest.mark.parametrize(
    ("fact", "text"),
    [
        ("6", "16 places, 6.5 hours, 60 guests"),
        ("15:00", "at 15:15, or 5:00"),
        ("2027-03-11", "on 10 March, at 11"),
        ("156", "156.50 EUR, 1560"),
        ("Cedar", "in Birch"),
    ],
)
def test_another_fact_is_no_form_of_it(fact: str, text: str) -> None:
    assert missing_parts(f"It is **{fact}**.", text) == [fact]


def test_a_text_without_facts_is_compared_as_a_whole_and_lines_beside_facts_stay() -> None:
    assert missing_parts("Visitors park\nbehind the hall.", "visitors park behind  the hall") == []
    assert missing_parts("Visitors park here", "Visitors park there") == ["Visitors park here"]
    wanted = "# Minutes\n- Mira: laptops\nMoen: **7450** EUR"
    assert missing_parts(wanted, "# Minutes\n- Mira: laptops\nMoen gets an offer of 7,450 EUR") == []
    assert missing_parts(wanted, "Moen: 7450 EUR") == ["# Minutes", "- Mira: laptops"]
