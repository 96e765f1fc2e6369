"""A function becomes a tool: the model calls it, reads its result, and answers.

`python examples/01_hello_tool.py` runs offline from a script; with `--live` (and ANTHROPIC_API_KEY) Claude answers.
"""

import sys
from contextlib import nullcontext

from agentkit import Agent, tool
from agentkit.testing import Reply, script


@tool(effect="read")
def population(city: str) -> int:
    """Look up how many people live in a city.

    Args:
        city: The city's English name.
    """
    return {"Vienna": 2_028_000, "Graz": 303_000}[city]


guide = Agent("guide", model="claude-haiku-5-5", instructions="Answer in one sentence.", tools=[population])

OFFLINE = [
    Reply.tool("population", city="Vienna") + Reply.tool("population", city="Graz"),
    Reply.text("Vienna has about 1.7 million more people than Graz."),
]


def main() -> None:
    """Ask one question and print the answer."""
    result = guide.run_sync("How many more people live in Vienna than in Graz?")
    print(result.output)
    print(f"{result.usage.requests} requests, {result.usage.prompt_tokens} tokens in, cost {result.cost}")


if __name__ == "__main__":
    with nullcontext() if "--live" in sys.argv else script(*OFFLINE):
        main()
