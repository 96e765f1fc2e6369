"""agno: BASE_URL whole|streamed."""

import asyncio
import sys

from agno.agent import Agent
from agno.models.anthropic import Claude

base_url, delivery = sys.argv[1:3]


def price(item: str) -> float:
    """Look up the price of an item in EUR."""
    return {"tea": 4.0, "cup": 7.5}[item]


model = Claude(id="claude-opus-5-5", max_tokens=500, api_key="any", client_params={"base_url": base_url})
agent = Agent(model=model, tools=[price], instructions="Answer in one sentence.", telemetry=False)


async def main() -> None:
    """Hold the conversation and print how it ends."""
    if delivery == "whole":
        print((await agent.arun("What are tea and a cup?")).content)
        return
    text = ""
    async for event in agent.arun("What are tea and a cup?", stream=True):
        text += getattr(event, "content", None) or ""
    print(text)


asyncio.run(main())
