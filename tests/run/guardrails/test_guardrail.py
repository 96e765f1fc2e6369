"""Guardrails as values: their defaults, their names, and what cannot work."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import pytest

from agentkit import Block, Check, DefinitionError, Guardrail, Pass, Seen, Verdict


async def harmless(seen: Seen) -> Verdict:
    return Block("It is bad.") if "bad" in seen.text else Pass()


class Screen:
    """Something that is called in another way, and brings a check."""

    name = "screen"

    async def __call__(self, text: str, hint: str) -> str:
        return text + hint

    def as_check(self) -> Check:
        return harmless


def test_one_line_looks_at_the_input_beside_the_main_call() -> None:
    guardrail = Guardrail(harmless)
    assert (guardrail.places, guardrail.is_beside, guardrail.name) == (("input",), True, "harmless")
    assert not Guardrail(harmless, mode="before").is_beside
    assert not Guardrail(harmless, on="output").is_beside
    assert Guardrail(harmless, on=("input", "tool_call")).is_beside


def test_a_check_may_be_brought_by_an_object() -> None:
    guardrail = Guardrail(Screen())
    assert (guardrail.function, guardrail.name) == (harmless, "screen")
    assert Guardrail(partial(harmless)).name == "harmless"
    assert Guardrail(harmless, name="mine").name == "mine"


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"on": "prompt"}, "'input', 'tool_call', 'tool_result', 'output'"),
        ({"on": ()}, "several of them"),
        ({"mode": "beside", "on": "tool_call"}, "on 'tool_call' it always comes before"),
        ({"mode": "beside", "on": ("input", "output")}, "on 'output' it always comes before"),
        ({"mode": "after"}, '"beside" or "before"'),
        ({"on_error": "raise"}, '"block", "pass" or "caution"'),
        ({"timeout_s": 0}, "seconds above 0"),
        ({"server_tools": True}, '"refused" or "ignored"'),
        ({"timeout": 3}, "timeout_s"),
        ({"check": 3}, "async function"),
        ({"check": lambda: None}, "with one argument"),
        ({"check": Screen}, "async function"),
    ],
)
def test_what_cannot_work_is_refused(options: Mapping[str, object], text: str) -> None:
    with pytest.raises(DefinitionError, match=text):
        Guardrail(**{"check": harmless, **options})  # type: ignore[arg-type]
