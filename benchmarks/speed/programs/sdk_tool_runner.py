"""The official SDK's tool runner, with the whole history in each request: the server here has no threads."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anthropic

from benchmarks.speed.measuring import INSTRUCTIONS, MAX_TOKENS, MODEL, PROMPT, Program, look, serve_orders

TOOL = anthropic.beta_async_tool(look)


@asynccontextmanager
async def opened(base_url: str, is_streamed: bool, turns: int) -> AsyncIterator[Program]:
    """See `Open`."""
    async with anthropic.AsyncAnthropic(api_key="any", base_url=base_url) as client:

        async def converse() -> object:
            runner = client.beta.messages.tool_runner(
                model=MODEL,
                max_tokens=MAX_TOKENS,
                system=INSTRUCTIONS,
                tools=[TOOL],
                messages=[{"role": "user", "content": PROMPT}],
                thread=False,
                **({"stream": True} if is_streamed else {}),
            )
            return await runner.until_done()

        yield Program(converse)


if __name__ == "__main__":
    serve_orders(opened)
