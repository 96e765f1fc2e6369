"""The official SDK's loop as its documentation has it, written by hand. `fast`: on its aiohttp transport."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import anthropic
from anthropic.types import MessageParam, ToolResultBlockParam, ToolUseBlock

from benchmarks.speed.measuring import INSTRUCTIONS, MAX_TOKENS, MODEL, PROMPT, Program, look, serve_orders

TOOL = anthropic.beta_async_tool(look)


async def answer(call: ToolUseBlock) -> ToolResultBlockParam:
    """Run one call."""
    try:
        return {"type": "tool_result", "tool_use_id": call.id, "content": await look(**call.input)}
    except Exception as error:  # noqa: BLE001 - as in the documentation
        return {"type": "tool_result", "tool_use_id": call.id, "content": str(error), "is_error": True}


@asynccontextmanager
async def opened(base_url: str, is_streamed: bool, turns: int) -> AsyncIterator[Program]:
    """See `Open`."""
    http = anthropic.DefaultAioHttpClient() if os.environ.get("SPEED_FAST") else None

    async with anthropic.AsyncAnthropic(api_key="any", base_url=base_url, http_client=http) as client:

        async def converse() -> anthropic.types.Message:
            messages: list[MessageParam] = [{"role": "user", "content": PROMPT}]
            request = {"model": MODEL, "max_tokens": MAX_TOKENS, "system": INSTRUCTIONS, "tools": [TOOL.to_dict()]}
            while True:
                if is_streamed:
                    async with client.messages.stream(messages=messages, **request) as stream:
                        message = await stream.get_final_message()
                else:
                    message = await client.messages.create(messages=messages, **request)
                messages.append({"role": "assistant", "content": message.content})
                if message.stop_reason != "tool_use":
                    return message
                calls = [block for block in message.content if block.type == "tool_use"]
                results = await asyncio.gather(*(answer(call) for call in calls))
                messages.append({"role": "user", "content": list(results)})

        yield Program(converse)


def compiled(functions: list[Callable[..., object]]) -> object:
    """Tools of these functions, as they are sent."""
    return [anthropic.beta_async_tool(function).to_dict() for function in functions]


if __name__ == "__main__":
    serve_orders(opened, compiled)
