"""A run that has ended stays as it was, whatever guardrails its agent has when it is read again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest

from agentkit import Agent, Block, Caution, Guardrail, Pass, Seen, Verdict
from agentkit.loop.durable.recorded_guardrails import guardrails_from_json, guardrails_to_json
from agentkit.run.guardrails.verdicts import Place
from agentkit.testing import Reply, script
from tests.loop.guardrails.phones import DONE, HAIKU, Phone, ring

pytestmark = pytest.mark.anyio

VERDICTS: dict[str, Verdict] = {
    "ok": Pass(),
    "note": Caution("Ask first."),
    "no": Block("It is fraud.", "I cannot do that."),
}


def named(name: str, on: Place) -> Guardrail:
    async def check(seen: Seen) -> Verdict:
        return VERDICTS[name]

    return Guardrail(check, on=on, name=name)


@pytest.mark.parametrize("on", get_args(Place))
async def test_an_ended_run_is_rebuilt_with_the_guardrails_that_it_had(on: Place, tmp_path: Path) -> None:
    def reply(request: Any) -> Reply:
        return DONE if "tool_result" in str(request["messages"]) else Reply.tool("ring")

    agent = Agent("caller", model=HAIKU, deps=Phone, tools=[ring])
    for number, (had, has) in enumerate((("", "ok"), ("ok", "no"), ("note", ""), ("no", ""), ("no", "ok"))):
        options: Any = {"journal": str(tmp_path / f"{number}.db"), "deps": Phone()}
        before, now = ([named(name, on)] if name else [] for name in (had, has))
        with script(reply) as simulator:
            first = await replace(agent, guardrails=before).run("Go", run_id="r", **options)
            requests = len(simulator.requests)
            again = await replace(agent, guardrails=now).resume("r", **options)
        assert (again.outcome, again.answer, again.reason) == (first.outcome, first.answer, first.reason), (had, has)
        assert (again.messages, again.usage, again.verdicts) == (first.messages, first.usage, first.verdicts)
        assert len(simulator.requests) == requests


def test_what_finds_the_verdicts_comes_back() -> None:
    given: list[dict[str, Any]] = [
        {"name": "a", "on": ["input"], "mode": "before"},
        {"name": "b", "on": ["output", "input"], "mode": None},
    ]
    assert guardrails_to_json(guardrails_from_json(given)) == given
