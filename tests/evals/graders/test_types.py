"""Outputs are validated against a type; texts as JSON."""

from dataclasses import dataclass

from agentkit.evals.graders import fits_type
from tests.evals.trials import trial


@dataclass
class Price:
    item: str
    usd: float


def test_values_and_texts_are_validated() -> None:
    assert fits_type(Price)(trial({"item": "tea", "usd": 4})).passed
    assert fits_type(Price)(trial('{"item": "tea", "usd": 4}')).passed
    assert fits_type(list[int])(trial([1, 2])).passed


def test_the_reason_names_the_place() -> None:
    assert fits_type(Price)(trial('{"item": "tea"}')).reason == "usd: Field required"
    assert "JSON" in fits_type(Price)(trial("tea")).reason
