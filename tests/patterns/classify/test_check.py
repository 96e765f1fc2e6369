"""A classifier as a check: the labels that the user names block or caution, and an abstention is a failed check."""

from __future__ import annotations

from typing import Any

import pytest

from agentkit import Block, Caution, Guardrail, Pass, RunContext
from agentkit.errors import DefinitionError, RunIncomplete
from agentkit.patterns import Classifier
from agentkit.run.guardrails.guardrail import Seen
from agentkit.testing import Reply, script

pytestmark = pytest.mark.anyio

CATEGORIES = {"order": "wants to buy", "fraud": "wants to deceive", "doubtful": ""}


def seen(text: str) -> Seen:
    return Seen("input", text, text, "caller", "", RunContext(None))


@pytest.mark.parametrize(
    ("block", "caution", "verdicts"),
    [
        (["fraud"], ["doubtful"], [
            Pass(),
            Block("The classifier 'screen' says: fraud: wants to deceive"),
            Caution("A check says that this may be doubtful. Go on with care."),
        ]),
        ({"fraud": "I do not do that."}, {"doubtful": "Ask first."}, [
            Pass(),
            Block("The classifier 'screen' says: fraud: wants to deceive", reply="I do not do that."),
            Caution("Ask first."),
        ]),
        ([], {"order": "Sell."}, [Caution("Sell."), Pass(), Pass()]),
    ],
)  # fmt: skip
async def test_labels_become_verdicts(block: Any, caution: Any, verdicts: list[object]) -> None:
    guardrail = Guardrail(Classifier(categories=CATEGORIES, block=block, caution=caution, name="screen"))
    assert guardrail.name == "screen"
    with script(*(Reply.text(letter) for letter in "ABC")) as api:
        assert [await guardrail.function(seen("Call my bank.")) for _ in range(3)] == verdicts
    assert "Call my bank." in api.requests[0]["messages"][0]["content"]


async def test_an_abstention_is_a_failure_of_the_check() -> None:
    check = Classifier(categories=CATEGORIES, block=["fraud"]).as_check()
    with script(Reply.text("I cannot say.")), pytest.raises(RunIncomplete, match=r"abstains\. The reply is none of"):
        await check(seen("Call my bank."))


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({}, "neither blocks nor cautions: .*block=\\['order'\\]"),
        ({"block": "fraud"}, "it takes a list of labels"),
        ({"block": ["frauds"]}, "'frauds' is none of its categories"),
        ({"caution": {"doubt": "Ask."}}, "'doubt' is none of its categories"),
    ],
)
def test_labels_that_do_nothing_are_a_definition_error(given: dict[str, Any], problem: str) -> None:
    with pytest.raises(DefinitionError, match=problem):
        Guardrail(Classifier(categories=CATEGORIES, **given))
