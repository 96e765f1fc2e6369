"""Quotes of the output have to stand word for word in the document that they name."""

from dataclasses import dataclass

import pytest

from agentkit import Document
from agentkit.errors import DefinitionError
from agentkit.evals.graders import cites
from tests.evals.trials import trial

TEXTS = {"fees": "The fee is 12 EUR, paid every month.", "cards": "Cards are free of charge."}


@dataclass
class Claim:
    quote: str
    document: str = ""


@pytest.mark.parametrize(
    ("output", "passed", "score", "reason"),
    [
        ([Claim("paid every  month", "fees"), Claim("Cards are free")], True, 1.0, ""),
        ({"quotes": ["The fee is 12 EUR"], "source": "fees"}, True, 1.0, ""),
        ([Claim("The fee is 21 EUR"), Claim("Cards")], False, 0.5, "no document holds 'The fee is 21 EUR'"),
        ([Claim("Cards are free", "fees")], False, 0.0, "'Cards are free' stands in cards, not fees"),
        ([], False, 0.0, "expected at least 1 quote, found 0"),
        ('It says "The fee is 12 EUR, paid every month".', True, 1.0, ""),
        ('It says "the fee is 21 EUR, paid every month".', False, 0.0, "no document holds 'the fee is 21 EUR"),
        ("It says nothing.", False, 0.0, "expected at least 1 quote, found 0"),
        ('You asked "what is the fee here?".', False, 0.0, "expected at least 1 quote, found 0"),
    ],
)
def test_every_quote_is_looked_up(output: object, passed: bool, score: float, reason: str) -> None:
    grade = cites(TEXTS)(trial(output, input='Answer "what is the fee here?".'))
    assert (grade.passed, grade.score) == (passed, score)
    assert grade.reason.startswith(reason)


def test_documents_may_be_those_of_the_world() -> None:
    grader = cites(lambda world: [Document(*item) for item in world.items()])
    assert grader(trial([Claim("Cards are free")], world=TEXTS)).passed
    assert not grader(trial([Claim("Cards are free")], world={})).passed
    assert cites([Document("a", "b c")], at_least=0)(trial([])).passed
    with pytest.raises(DefinitionError):
        cites(TEXTS, at_least=-1)
