"""agentkit: `Agent.run` with its defaults."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import agentkit
from agentkit import Agent, Settings, tool
from benchmarks.speed.measuring import INSTRUCTIONS, MAX_TOKENS, MODEL, PROMPT, Program, look, serve_orders

TOOL = tool(effect="read")(look)


@asynccontextmanager
async def opened(base_url: str, is_streamed: bool, turns: int) -> AsyncIterator[Program]:
    """See `Open`. It always streams."""
    os.environ |= {"ANTHROPIC_BASE_URL": base_url, "ANTHROPIC_API_KEY": "any"}
    agent = Agent(
        "looker",
        model=MODEL,
        instructions=INSTRUCTIONS,
        tools=[TOOL],
        max_turns=turns + 1,
        settings=Settings(max_tokens=MAX_TOKENS),
    )

    async def converse() -> str:
        result = await agent.run(PROMPT)
        return result.output

    async def fan_out(count: int) -> None:
        done = await agent.map([PROMPT] * count, concurrency=count)
        assert all(isinstance(one, agentkit.Done) for one in done)

    async with agentkit.session():
        yield Program(converse, fan_out)


def compiled(functions: list[Callable[..., object]]) -> object:
    """Tools of these functions, as they are sent."""
    return [tool(function).to_param() for function in functions]


if __name__ == "__main__":
    serve_orders(opened, compiled)
