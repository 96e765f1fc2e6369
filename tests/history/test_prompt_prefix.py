"""What an agent offers is rendered once for all runs that have the same."""

from __future__ import annotations

import pytest

from agentkit import Agent, RunContext, tool
from agentkit.history.prompt_prefix import render_prompt_prefix
from agentkit.messages.request import EncodedPrefix
from agentkit.testing import Reply, script

pytestmark = pytest.mark.anyio


@tool(effect="read")
def find(word: str) -> int:
    """Find a word."""
    return len(word)


def context(deps: str | None = None) -> RunContext[str | None]:
    return RunContext(deps=deps, run_id="r", agent="a")


async def prefix(agent: Agent[str | None], deps: str | None = None, model: str = "claude-haiku-5-5") -> EncodedPrefix:
    return (
        await render_prompt_prefix(agent, context(deps), model, is_strict=True, needs_artifact_tools=False)
    ).encoded_prefix


async def test_runs_share_the_bytes_of_their_prefix() -> None:
    agent = Agent[str | None]("a", model="claude-haiku-5-5", instructions="Be brief.", tools=[find])
    assert await prefix(agent) is await prefix(agent)


async def test_what_differs_is_rendered_again() -> None:
    def instructions(ctx: RunContext[str | None]) -> str:
        return f"Serve {ctx.deps}."

    @tool(effect="read", available=lambda ctx: ctx.deps == "Ann")
    def secret() -> int:
        """Only for Ann."""
        return 4711

    agent = Agent[str | None]("a", model="claude-haiku-5-5", instructions=instructions, tools=[find, secret])
    ann, bob = await prefix(agent, "Ann"), await prefix(agent, "Bob")
    assert (ann.system, bob.system) == ("Serve Ann.", "Serve Bob.")
    assert [[param["name"] for param in one.tools] for one in (ann, bob)] == [["find", "secret"], ["find"]]
    assert await prefix(agent, "Ann") is ann
    assert await prefix(agent, "Ann", "claude-opus-5-5") is not ann


async def test_instructions_that_are_never_the_same_do_not_pile_up() -> None:
    count = 0

    def instructions(ctx: RunContext[str | None]) -> str:
        nonlocal count
        count += 1
        return f"This is run {count}."

    agent = Agent[str | None]("a", model="claude-haiku-5-5", instructions=instructions)
    for number in range(1, 100):
        assert (await prefix(agent)).system == f"This is run {number}."
    assert len(agent.prompt_prefixes) <= 32


async def test_a_strict_schema_that_was_refused_is_not_what_others_are_offered() -> None:
    agent = Agent[str | None]("a", model="claude-haiku-5-5", tools=[find])
    strict = await render_prompt_prefix(agent, context(), "m", is_strict=True, needs_artifact_tools=False)
    lossless = await render_prompt_prefix(agent, context(), "m", is_strict=False, needs_artifact_tools=False)
    assert [offer.tools[0].get("strict") for offer in (strict, lossless)] == [True, None]
    with script(Reply.text("Yes.")) as s:
        await agent.run("Hi")
    assert s.requests[0]["tools"][0]["strict"] is True
