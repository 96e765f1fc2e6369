"""Numbers fit within either tolerance, also as the last one of a text."""

from decimal import Decimal

import pytest

from agentkit.errors import DefinitionError
from agentkit.evals.graders import near
from tests.evals.trials import trial


@pytest.mark.parametrize(
    ("output", "passed"),
    [
        *((right, True) for right in (104, 105, 95.0, "some 100 or 103.5", Decimal(101))),
        *((wrong, False) for wrong in (94.9, None, "none", True, [100], float("nan"))),
    ],
)
def test_within_the_larger_tolerance(output: object, passed: bool) -> None:
    assert near(100, abs=2, rel=0.05)(trial(output)).passed is passed


def test_a_negative_number_is_near_too_and_the_reason_names_both() -> None:
    assert near(-100, rel=0.05)(trial(-104)).passed
    assert near(0.3)(trial(0.1 + 0.2)).passed
    assert near(-100, rel=0.05)(trial(100)).reason == "expected -100 within 5, the answer is 100"


def test_what_is_no_tolerance_is_refused() -> None:
    with pytest.raises(DefinitionError, match=r"near\(\): `rel` is -1; it is a number from 0"):
        near(1, rel=-1)
    with pytest.raises(DefinitionError, match=r"near\(\): `value` is nan; it is a number\."):
        near(float("nan"))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        *(("The answer is 25", 25), ("It is -5.", -5), ("\u2212 3 degrees", -3), ("GPT-4", 4), ("pages 3-5", 5)),
        *(("20%", 20), ("(42).", 42), ("[42]!", 42), ("**42**", 42), ("$1,234,567.50", 1234567.5), ("1'000", 1000)),
        *(("\u00a327.50 + \u00a332.50 = \u00a360.00", 60), ("4,2", 4.2), ("1.234,56 EUR", 1234.56), ("2 602", 2602)),
        *(("one of 1,2,3", 3), ("1, 2", 2), (".5", 0.5), ("1e-3", 0.001), ("12,345", 12345), ("0,75 l", 0.75)),
    ],
)
def test_the_last_number_of_a_text_in_the_ways_that_people_write_it(text: str, number: float) -> None:
    assert near(number)(trial(text)).passed
    assert not near(number + 1)(trial(text)).passed
