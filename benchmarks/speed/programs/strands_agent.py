"""strands: `Agent.invoke_async`. It always streams."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from strands import Agent, tool
from strands.models.anthropic import AnthropicModel

from benchmarks.speed.measuring import INSTRUCTIONS, MAX_TOKENS, MODEL, PROMPT, Program, look, serve_orders

TOOL = tool(look)


@asynccontextmanager
async def opened(base_url: str, is_streamed: bool, turns: int) -> AsyncIterator[Program]:
    """See `Open`."""
    model = AnthropicModel(client_args={"api_key": "any", "base_url": base_url}, model_id=MODEL, max_tokens=MAX_TOKENS)

    async def converse() -> object:
        agent = Agent(model=model, tools=[TOOL], system_prompt=INSTRUCTIONS, callback_handler=None)
        return await agent.invoke_async(PROMPT)

    yield Program(converse)


if __name__ == "__main__":
    serve_orders(opened)
