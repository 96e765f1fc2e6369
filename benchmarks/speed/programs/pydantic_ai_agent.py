"""pydantic-ai: `Agent.run`, with a reader of events where it streams."""

from collections.abc import AsyncIterable, AsyncIterator
from contextlib import asynccontextmanager

import anthropic
from pydantic_ai import Agent
from pydantic_ai.models.anthropic import AnthropicModel, AnthropicModelSettings
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.usage import UsageLimits

from benchmarks.speed.measuring import INSTRUCTIONS, MAX_TOKENS, MODEL, PROMPT, Program, look, serve_orders


async def read(_: object, events: AsyncIterable[object]) -> None:
    """Read a stream to its end; with a reader the agent streams."""
    async for _event in events:
        pass


@asynccontextmanager
async def opened(base_url: str, is_streamed: bool, turns: int) -> AsyncIterator[Program]:
    """See `Open`."""
    async with anthropic.AsyncAnthropic(api_key="any", base_url=base_url) as client:
        model = AnthropicModel(MODEL, provider=AnthropicProvider(anthropic_client=client))
        settings = AnthropicModelSettings(max_tokens=MAX_TOKENS)
        agent = Agent(model, instructions=INSTRUCTIONS, tools=[look], model_settings=settings)
        limits = UsageLimits(request_limit=turns + 1)

        async def converse() -> object:
            reader = read if is_streamed else None
            return await agent.run(PROMPT, event_stream_handler=reader, usage_limits=limits)

        yield Program(converse)


if __name__ == "__main__":
    serve_orders(opened)
