"""Instructions of an agent with more behind them, for all requests of a pattern: they share one prompt prefix."""

from __future__ import annotations

from dataclasses import replace
from inspect import isawaitable
from typing import TYPE_CHECKING, Any, TypeVar

from agentkit.run.agent_spec import AgentSpec

if TYPE_CHECKING:
    from agentkit.run.agent_spec import Instructions
    from agentkit.tools.run_context import RunContext

SpecT = TypeVar("SpecT", bound=AgentSpec[Any, Any, Any])


def with_more_instructions(agent: SpecT, text: str) -> SpecT:
    """Return the agent with a text behind its instructions, whether these are a text or a function.

    Args:
        agent: The agent.
        text: What stands behind a blank line.
    """
    given: Instructions[Any] = agent.instructions
    if isinstance(given, str):
        return replace(agent, instructions=f"{given}\n\n{text}".strip())

    async def instructions(ctx: RunContext[Any]) -> str:
        said = given(ctx)
        return f"{await said if isawaitable(said) else said}\n\n{text}"

    return replace(agent, instructions=instructions)
