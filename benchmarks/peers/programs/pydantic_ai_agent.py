"""pydantic-ai: BASE_URL whole|streamed."""

import asyncio
import sys
from collections.abc import AsyncIterable

from pydantic_ai import Agent
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.providers.anthropic import AnthropicProvider

base_url, delivery = sys.argv[1:3]
model = AnthropicModel("claude-opus-5-5", provider=AnthropicProvider(api_key="any", base_url=base_url))
agent = Agent(model, instructions="Answer in one sentence.")


@agent.tool_plain
def price(item: str) -> float:
    """Look up the price of an item in EUR."""
    return {"tea": 4.0, "cup": 7.5}[item]


async def read(_: object, events: AsyncIterable[object]) -> None:
    """Read a stream to its end; with a reader the agent streams."""
    async for _event in events:
        pass


async def main() -> None:
    """Hold the conversation and print how it ends."""
    reader = read if delivery == "streamed" else None
    print((await agent.run("What are tea and a cup?", event_stream_handler=reader)).output)


asyncio.run(main())
