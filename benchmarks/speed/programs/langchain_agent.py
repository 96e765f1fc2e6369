"""langchain: `create_agent`, read message by message where it streams."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from langchain.agents import create_agent
from langchain_anthropic import ChatAnthropic
from langchain_core.tools import tool

from benchmarks.speed.measuring import INSTRUCTIONS, MAX_TOKENS, MODEL, PROMPT, Program, look, serve_orders


@asynccontextmanager
async def opened(base_url: str, is_streamed: bool, turns: int) -> AsyncIterator[Program]:
    """See `Open`."""
    model = ChatAnthropic(model=MODEL, max_tokens=MAX_TOKENS, api_key="any", base_url=base_url, streaming=is_streamed)
    agent = create_agent(model, [tool(look)], system_prompt=INSTRUCTIONS)
    asked = {"messages": [{"role": "user", "content": PROMPT}]}
    config = {"recursion_limit": 4 * turns + 10}

    async def converse() -> object:
        if not is_streamed:
            return await agent.ainvoke(asked, config)
        async for _ in agent.astream(asked, config, stream_mode="messages"):
            pass
        return None

    yield Program(converse)


if __name__ == "__main__":
    serve_orders(opened)
