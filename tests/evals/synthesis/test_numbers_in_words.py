"""Numbers, amounts and days are written in several ways, of which each means the same."""

from random import Random

import pytest

from agentkit.evals.synthesis.names import FEASTS
from agentkit.evals.synthesis.numbers_in_words import amount_in_words, date_of, day_in_words, number_in_words


@pytest.mark.parametrize(
    ("number", "words"),
    [
        *((0, "no"), (12, "twelve"), (20, "twenty"), (48, "forty-eight"), (100, "one hundred"), (300, "three hundred")),
        *((217, "two hundred and seventeen"), (999, "nine hundred and ninety-nine")),
    ],
)
def test_numbers(number: int, words: str) -> None:
    assert number_in_words(number) == words


def amounts(number: int) -> set[str]:
    return {amount_in_words(number, "jars", Random(seed)) for seed in range(60)}


def test_amounts() -> None:
    assert amounts(48) == {
        "48 jars", "forty-eight jars", "four dozen jars", "two score and eight jars", "fifty jars less two",
    }  # fmt: skip
    assert amounts(13) == {"13 jars", "thirteen jars"}
    assert amounts(100) == {"100 jars", "one hundred jars"}


def test_days() -> None:
    assert [date_of(day) for day in (1, 59, 60, 365)] == [
        (1, "January"), (28, "February"), (1, "March"), (31, "December"),
    ]  # fmt: skip
    with pytest.raises(ValueError, match="behind the year's end"):
        date_of(366)
    plain = {day_in_words(193, None, Random(seed)) for seed in range(40)}
    assert plain == {"on the twelfth of July", "on 12 July", "on July 12"}
    day = FEASTS["the Rope Fair"]
    near = {day_in_words(day - 2, day - 3, Random(seed)) for seed in range(60)}
    assert {"the day after", "two days before the Rope Fair", "on 30 July"} < near
    assert {day_in_words(day, day, Random(seed)) for seed in range(60)} > {
        "on the same day", "on the first day of the Rope Fair",
    }  # fmt: skip
