"""agno: `Agent.arun`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anthropic
from agno.agent import Agent
from agno.models.anthropic import Claude

from benchmarks.speed.measuring import INSTRUCTIONS, MAX_TOKENS, MODEL, PROMPT, Program, look, serve_orders


@asynccontextmanager
async def opened(base_url: str, is_streamed: bool, turns: int) -> AsyncIterator[Program]:
    """See `Open`."""
    async with anthropic.AsyncAnthropic(api_key="any", base_url=base_url) as client:

        async def converse() -> None:
            model = Claude(id=MODEL, max_tokens=MAX_TOKENS, async_client=client)
            agent = Agent(model=model, tools=[look], instructions=INSTRUCTIONS, telemetry=False)
            if not is_streamed:
                await agent.arun(PROMPT)
                return
            async for _ in agent.arun(PROMPT, stream=True):
                pass

        yield Program(converse)


if __name__ == "__main__":
    serve_orders(opened)
