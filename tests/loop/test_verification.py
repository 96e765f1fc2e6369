"""`Agent(verify=...)`: a function of the output, whose reason goes back to the model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agentkit import Agent, Outcome, OutputRejected, UsageError
from agentkit.testing import Reply, script

pytestmark = pytest.mark.anyio

HAIKU = "claude-haiku-5-5"


def is_even(output: int) -> str | None:
    return None if output % 2 == 0 else f"{output} is odd."


async def is_even_too(output: int) -> str | None:
    return is_even(output)


@pytest.mark.parametrize("verify", [is_even, is_even_too])
async def test_the_reason_goes_back_as_when_the_type_does_not_fit(verify: Any) -> None:
    agent = Agent("counter", model=HAIKU, output=int, verify=verify)
    with script(Reply.output(3), Reply.output(4)) as simulator:
        async with agent.stream("Count.") as run:
            rejected = [event.reason async for event in run if isinstance(event, OutputRejected)]
    assert (run.result.output, rejected) == (4, ["3 is odd."])
    assert "3 is odd." in str(simulator.requests[-1]["messages"][-1])


async def test_it_is_given_up_after_the_retries_and_text_is_verified_too() -> None:
    agent = Agent("writer", model=HAIKU, output_retries=1, verify=lambda text: f"{len(text)} characters are too few.")
    with script(Reply.text("a"), Reply.text("ab")):
        result = await agent.run("Write.")
    assert (result.outcome, result.answer) == (Outcome.INVALID_OUTPUT, None)
    assert "2 characters are too few." in result.reason


async def test_what_is_no_reason_is_the_mistake_of_the_program() -> None:
    for given in ("", " ", False, 5):
        agent = Agent("writer", model=HAIKU, verify=lambda text, given=given: given)  # type: ignore[misc]
        with script(lambda request: Reply.text("a")), pytest.raises(UsageError, match="return None for an output"):
            await agent.run("Write.")


async def test_a_delegation_may_have_one_of_its_own() -> None:
    asked: list[str] = []

    def own(output: str) -> str | None:
        asked.append(f"own {output}")
        return None

    def terms(output: str) -> str | None:
        asked.append(f"terms {output}")
        return "Longer." if output == "a" else None

    child = Agent("child", model=HAIKU, verify=own).as_tool(verify=terms)
    replies = iter([Reply.tool("child", objective="Go"), Reply.text("a"), Reply.text("ab"), Reply.text("Done.")])
    with script(lambda request: next(replies)):
        assert (await Agent("lead", model=HAIKU, tools=[child]).run("Go")).ok
    assert asked == ["terms a", "terms ab", "own ab"]


async def test_a_resumed_run_does_not_verify_again(tmp_path: Path) -> None:
    asked: list[int] = []

    def verify(output: int) -> str | None:
        asked.append(output)
        return is_even(output)

    agent, journal = Agent("counter", model=HAIKU, output=int, verify=verify), str(tmp_path / "runs.db")
    with script(Reply.output(3), Reply.output(4)):
        await agent.run("Count.", journal=journal, run_id="r")
        again = await agent.resume("r", journal=journal)
    assert (again.output, asked) == (4, [3, 4])
