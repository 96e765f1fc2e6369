"""agentkit: `Agent.run` with its defaults, or in another way: SPEED_VARIANT."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

import anyio

import agentkit
from agentkit import Agent, Budget, Settings, tool
from agentkit.run.agent_spec import RunOptions
from benchmarks.speed.measuring import (
    ASYNCIO,
    INSTRUCTIONS,
    MAX_TOKENS,
    MODEL,
    PROMPT,
    Backend,
    Function,
    Program,
    look,
    serve_orders,
)

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic

VARIANT = os.environ.get("SPEED_VARIANT")
AMPLE = Budget(max_cost_usd=1e6, max_input_tokens=10**9, max_output_tokens=10**9, max_requests=10**6)
TOOL = tool(effect="read")(look)


@asynccontextmanager
async def opened(base_url: str, is_streamed: bool, turns: int) -> AsyncIterator[Program]:
    """See `Open`. It always streams."""
    os.environ |= {"ANTHROPIC_BASE_URL": base_url, "ANTHROPIC_API_KEY": "any"}
    agent = Agent(
        "looker",
        model=MODEL,
        instructions=INSTRUCTIONS,
        tools=[TOOL],
        max_turns=turns + 1,
        settings=Settings(max_tokens=MAX_TOKENS),
    )

    options: RunOptions[None] = {"budget": AMPLE} if VARIANT == "budget" else {}

    async def converse() -> object:
        if VARIANT != "stream":
            return (await agent.run(PROMPT, **options)).output
        async with agent.stream(PROMPT) as streamed:
            async for _ in streamed:
                pass
        return streamed.result.output

    async def fan_out(count: int) -> None:
        done = await agent.map([PROMPT] * count, concurrency=count)
        assert all(isinstance(one, agentkit.Done) for one in done)

    async with AsyncExitStack() as stack:
        if VARIANT == "given client":
            options["client"] = await stack.enter_async_context(_sdk_client(base_url))
        await stack.enter_async_context(agentkit.session())
        yield Program(converse, fan_out)


def _sdk_client(base_url: str) -> "AsyncAnthropic":
    from anthropic import AsyncAnthropic

    return AsyncAnthropic(api_key="any", base_url=base_url)


async def _gather(functions: list[Function]) -> None:
    async with anyio.create_task_group() as tasks:
        for function in functions:
            tasks.start_soon(function)


def compiled(functions: list[Callable[..., object]]) -> object:
    """Tools of these functions, as they are sent."""
    return [tool(function).to_param() for function in functions]


if __name__ == "__main__":
    on_trio = Backend(partial(anyio.run, backend="trio"), _gather)
    serve_orders(opened, compiled, on_trio if VARIANT == "trio" else ASYNCIO)
