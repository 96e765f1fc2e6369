"""pydantic-ai: `Agent.run`, with an `event_stream_handler` for the faults of streams."""

from collections.abc import AsyncIterable

from pydantic_ai import Agent, WebSearchTool
from pydantic_ai.capabilities import NativeTool
from shop import INSTRUCTIONS, IS_STREAMED, MODEL, QUESTION, SERVER_TOOLS, TOOLS, Ended, report

searches = [NativeTool(WebSearchTool())] if SERVER_TOOLS else []
agent = Agent(f"anthropic:{MODEL}", instructions=INSTRUCTIONS, tools=TOOLS, capabilities=searches)


async def read(_: object, events: AsyncIterable[object]) -> None:
    """Read a stream to its end; with a reader the agent streams."""
    async for _event in events:
        pass


async def ask() -> Ended:
    """Hold the conversation."""
    result = await agent.run(QUESTION, event_stream_handler=read if IS_STREAMED else None)
    response = result.response
    details = response.provider_details or {}
    return Ended(result.output, str(details.get("finish_reason") or response.finish_reason))


report(ask)
