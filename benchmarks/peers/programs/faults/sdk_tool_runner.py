"""The official SDK's tool runner: `until_done()`, with `stream=True` for the faults of streams."""

import anthropic
from shop import INSTRUCTIONS, IS_STREAMED, MODEL, QUESTION, SERVER_TOOLS, TOOLS, Ended, report


async def ask() -> Ended:
    """Hold the conversation."""
    async with anthropic.AsyncAnthropic() as client:
        runner = client.beta.messages.tool_runner(
            model=MODEL,
            max_tokens=4_096,
            system=INSTRUCTIONS,
            tools=[*(anthropic.beta_async_tool(function) for function in TOOLS), *SERVER_TOOLS],
            messages=[{"role": "user", "content": QUESTION}],
            **({"stream": True} if IS_STREAMED else {}),
        )
        message = await runner.until_done()
    answer = "".join(block.text for block in message.content if block.type == "text")
    return Ended(answer, str(message.stop_reason))


report(ask)
