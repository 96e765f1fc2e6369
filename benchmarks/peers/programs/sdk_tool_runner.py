"""The official SDK's tool runner: BASE_URL whole|streamed threaded|unthreaded."""

import asyncio
import sys

import anthropic

base_url, delivery, threads = sys.argv[1:4]


@anthropic.beta_async_tool
async def price(item: str) -> str:
    """Look up the price of an item in EUR."""
    return {"tea": "4.0", "cup": "7.5"}[item]


async def main() -> None:
    """Hold the conversation and print how it ends."""
    options = {} if threads == "threaded" else {"thread": False}
    if delivery == "streamed":
        options["stream"] = True
    async with anthropic.AsyncAnthropic(api_key="any", base_url=base_url) as client:
        runner = client.beta.messages.tool_runner(
            model="claude-opus-5-5",
            max_tokens=500,
            system="Answer in one sentence.",
            tools=[price],
            messages=[{"role": "user", "content": "What are tea and a cup?"}],
            **options,
        )
        print((await runner.until_done()).content[-1].text)


asyncio.run(main())
