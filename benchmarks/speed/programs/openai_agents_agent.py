"""openai-agents: `Runner.run` through its litellm model, its own way to Claude."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from agents import Agent, ModelSettings, Runner, function_tool, set_tracing_disabled
from agents.extensions.models.litellm_model import LitellmModel

from benchmarks.speed.measuring import INSTRUCTIONS, MAX_TOKENS, MODEL, PROMPT, Program, look, serve_orders

TOOL = function_tool(look)


@asynccontextmanager
async def opened(base_url: str, is_streamed: bool, turns: int) -> AsyncIterator[Program]:
    """See `Open`."""
    set_tracing_disabled(disabled=True)
    model = LitellmModel(f"anthropic/{MODEL}", base_url=base_url, api_key="any")
    settings = ModelSettings(max_tokens=MAX_TOKENS, include_usage=True)
    agent = Agent("looker", instructions=INSTRUCTIONS, model=model, tools=[TOOL], model_settings=settings)

    async def converse() -> object:
        if not is_streamed:
            return await Runner.run(agent, PROMPT, max_turns=turns + 1)
        running = Runner.run_streamed(agent, PROMPT, max_turns=turns + 1)
        async for _ in running.stream_events():
            pass
        return running.final_output

    yield Program(converse)


if __name__ == "__main__":
    serve_orders(opened)
