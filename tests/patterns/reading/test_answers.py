"""Answers keep the numbers that lead to evidence and the quotes that stand in documents; the rest is marked."""

import pytest

from agentkit.messages import JSON
from agentkit.patterns import Citation
from agentkit.patterns.reading.answers import check_text, check_value

TEXTS = {"fees": "The fee is 12 EUR a month. It is never waived for students.", "cards": "Cards are free of charge."}
EVIDENCE = [
    Citation("fees", 0, 26, "The fee is 12 EUR a month."),
    Citation("cards", 0, 25, "Cards are free of charge."),
]


@pytest.mark.parametrize(
    ("given", "checked"),
    [
        ("The fee is 12 EUR a month [1].", "The fee is 12 EUR a month [1]."),
        ("The fee is 12 EUR a month. [1-2]", "The fee is 12 EUR a month. [1, 2]"),
        ("The fee is 12.50 EUR a month [2; 7].", "The fee is 12.50 EUR a month [2]."),
        ("Since [2024-01-02] cards are free [2].", "Since [2024-01-02] cards are free [2]."),
        ("It is said to be free [7].", "It is said to be free. [uncited]"),
        ("It is said to be free. It costs nothing [1].", "It is said to be free. [uncited] It costs nothing [1]."),
        ("# What all the cards cost\n\nShort one.", "# What all the cards cost\n\nShort one."),
        ("All the prices:\n- e.g. cards cost nothing [2]", "All the prices:\n- e.g. cards cost nothing [2]"),
        ('"Never waived for  students" [1]?', '[a quote that no document holds] [1]?'),
        ('"never waived for  students" [1]', '"never waived for  students" [1]'),
        ("\u201ccards are always free\u201d [1]", "[a quote that no document holds] [1]"),
        ("\u00abCards are free\u00a0of charge.\u00bb [2]", "\u00abCards are free of charge.\u00bb [2]"),
        ('The "Gold Card" is what is asked for [2].', 'The "Gold Card" is what is asked for [2].'),
        ('Asked was "what is all of it" [1]', 'Asked was "what is all of it" [1]'),
    ],
)  # fmt: skip
def test_a_text_is_checked(given: str, checked: str) -> None:
    result = check_text(given, EVIDENCE, TEXTS, "What is all of it? what is all of it")
    assert result.text == checked
    assert len(result.uncited) == checked.count("[uncited]")
    assert len(result.false_quotes) == checked.count("[a quote")


def test_typed_answers_lose_false_quotes_only() -> None:
    plain = "It is free for all of us"
    given: JSON = {"a": ['It says "cards are always free" today', plain], "n": 5, "none": None}
    value, texts = check_value(given, EVIDENCE, TEXTS, "")
    assert value == {"a": ["It says [a quote that no document holds] today", plain], "n": 5, "none": None}
    assert sum(len(one.false_quotes) for one in texts) == 1
