"""langchain: BASE_URL whole|streamed."""

import asyncio
import sys

from langchain.agents import create_agent
from langchain_anthropic import ChatAnthropic
from langchain_core.tools import tool

base_url, delivery = sys.argv[1:3]
model = ChatAnthropic(model="claude-opus-5-5", max_tokens=500, api_key="any", base_url=base_url)


@tool
def price(item: str) -> float:
    """Look up the price of an item in EUR."""
    return {"tea": 4.0, "cup": 7.5}[item]


agent = create_agent(model, [price], system_prompt="Answer in one sentence.")
asked = {"messages": [{"role": "user", "content": "What are tea and a cup?"}]}


async def main() -> None:
    """Hold the conversation and print how it ends."""
    if delivery == "whole":
        state = await agent.ainvoke(asked)
    else:
        *_, state = [state async for state in agent.astream(asked, stream_mode="values")]
    print(state["messages"][-1].text)


asyncio.run(main())
