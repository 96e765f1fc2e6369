"""Numbers fit within either tolerance, also as the last one of a text."""

from decimal import Decimal

import pytest

from agentkit.errors import DefinitionError
from agentkit.evals.graders import near
from tests.evals.trials import trial


@pytest.mark.parametrize(
    ("output", "passed"),
    [
        *((right, True) for right in (104, 105, 95.0, "some 1,0 or 103.5", Decimal(101))),
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
