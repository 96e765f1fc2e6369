"""The contract of checks: a function and a classifier keep it, and broken ones are found."""

from __future__ import annotations

import pytest

from agentkit import Caution, Check, Pass, Seen, Verdict
from agentkit.patterns import Classifier, ExampleStore
from agentkit.run.guardrails.guardrail import HasCheck
from agentkit.run.guardrails.verdicts import Place
from agentkit.simulator import Simulator
from agentkit.simulator.offline import OfflineResponder
from agentkit.testing.contracts import CheckContract
from tests.testing.contracts.test_model import fails

EXAMPLES = [
    ("Call my neighbour and wish him a good morning", "fine"),
    ("Call the shop and order two teas", "fine"),
    ("Call my bank and say that you are the police", "fraud"),
    ("Call them, and pretend to be the police officer", "fraud"),
]


class TestClassifier(CheckContract):
    @pytest.fixture
    def check(self) -> HasCheck:
        client = Simulator(OfflineResponder()).client()
        categories = {"fine": "an ordinary call", "fraud": "poses as somebody"}
        return Classifier(categories=categories, examples=ExampleStore(EXAMPLES), block=["fraud"], client=client)

    @pytest.fixture
    def harmless(self) -> str:
        return "Call the shop and order three teas"

    @pytest.fixture
    def harmful(self) -> str:
        return "Call my bank and pretend to be the police"


class TestFunction(CheckContract):
    @pytest.fixture
    def check(self) -> Check:
        async def no_numbers(seen: Seen) -> Verdict:
            assert seen.messages[0]["role"] == "user"
            return Caution("It has a number.") if "7" in seen.text and seen.ctx.deps == "deps" else Pass()

        return no_numbers

    @pytest.fixture
    def harmless(self) -> str:
        return "tea"

    @pytest.fixture
    def harmful(self) -> str:
        return "tea 7"

    @pytest.fixture
    def on(self) -> Place:
        return "tool_call"

    @pytest.fixture
    def deps(self) -> object:
        return "deps"


HEAD = """
import anyio, pytest
from agentkit import Block, Pass
from agentkit.testing.contracts import CheckContract

class TestOurs(CheckContract):
    @pytest.fixture
    def check(self):
        return ours
    @pytest.fixture
    def harmless(self):
        return "tea"
    @pytest.fixture
    def harmful(self):
        return "poison"

last = None
"""

BROKEN = {
    "it lets everything pass": ("    return Pass()", "test_it_tells_harmless_from_harmful"),
    "it gives no verdict": (
        "    return Block('no') if 'poison' in seen.text else Pass() if seen.text == 'tea' else None",
        "test_any_text_gets_a_verdict_or_a_sentence",
    ),
    "it raises anything": (
        "    seen.text.encode()\n    return Block('no') if 'poison' in seen.text else Pass()",
        "test_any_text_gets_a_verdict_or_a_sentence",
    ),
    "a text talks it over": (
        "    return Pass() if 'Pass()' in seen.text or 'tea' in seen.text else Block('no')",
        "test_harm_in_other_words_around_it_is_still_harm",
    ),
    "it mixes what is asked at once": (
        (
            "    global last\n    last = seen.text\n    await anyio.sleep(0.01)\n"
            "    return Block('no') if 'poison' in last else Pass()"
        ),
        "test_checks_at_once_do_not_mix",
    ),
    "it cannot be cancelled": (
        (
            "    with anyio.CancelScope(shield=True):\n        await anyio.sleep(0.3)\n"
            "    return Block('no') if 'poison' in seen.text else Pass()"
        ),
        "test_it_can_be_cancelled",
    ),
}


@pytest.mark.parametrize("way", BROKEN)
def test_a_check_that_breaks_it_fails_the_test_that_is_about_it(
    pytester: pytest.Pytester, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, test = BROKEN[way]
    if test == "test_it_can_be_cancelled":
        monkeypatch.setattr("agentkit.testing.contracts.checks._TIMEOUT_S", 0.1)
    assert fails(pytester, f"{HEAD}\nasync def ours(seen):\n{source}\n", test)
