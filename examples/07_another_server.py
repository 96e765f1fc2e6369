"""The same agent on Claude, on a local model, or on any server that speaks /v1/messages, by the client of the run.

`python examples/07_another_server.py` serves a scripted model on a free port and talks to it over HTTP;
`python examples/07_another_server.py http://localhost:11434 qwen3-coder` talks to Ollama,
`python examples/07_another_server.py http://127.0.0.1:8101 local` to `agentkit local model.gguf`.
"""

import sys
from contextlib import nullcontext

import anyio
from anthropic import AsyncAnthropic

from agentkit import Agent, Settings, tool
from agentkit.simulator import Reply, Script, Simulator


@tool(effect="read")
def boiling_point(metres: int) -> float:
    """Work out at how many degrees Celsius water boils.

    Args:
        metres: Height above the sea.
    """
    return round(100 - metres / 300, 1)


guide = Agent("guide", model="claude-haiku-5-5", instructions="Answer in one sentence.", tools=[boiling_point])

OFFLINE = [Reply.tool("boiling_point", metres=3000), Reply.text("At 3,000 metres water boils at about 90 degrees.")]


async def main(base_url: str | None, model: str) -> None:
    """Run the agent against the server at the base URL; without one, against a scripted local server."""
    simulator = Simulator(Script(*OFFLINE))
    serving = simulator.serve() if base_url is None else nullcontext(base_url)
    async with serving as url, AsyncAnthropic(base_url=url, api_key="any") as client:
        question = "At what temperature does water boil at 3,000 metres?"
        result = await guide.run(question, client=client, model=model, settings=Settings(max_tokens=1_000))
    print(result.output if result.ok else f"{result.outcome}: {result.reason}")
    print(f"{model}: {result.usage.requests} requests, cost {result.cost}")


if __name__ == "__main__":
    server, name = (*sys.argv[1:], None, None)[:2]
    anyio.run(main, server, name or "claude-haiku-5-5")
