"""Error recovery: the model reads a tool result for each failed call, and the run goes on.

Four calls of one turn: one has invalid arguments, one is refused by the tool, one crashes, one succeeds. Each gets its
own tool result, and no failure costs another call its result. `python examples/03_error_recovery.py` runs offline.
"""

import sys
from contextlib import nullcontext
from typing import Literal

from agentkit import Agent, ToolError, tool
from agentkit.testing import Reply, script

STOCK = {"tea": 3}


@tool(effect="idempotent")
def reserve(item: Literal["tea", "coffee"], count: int) -> str:
    """Set items aside for an hour.

    Args:
        item: The item to set aside.
        count: The number of items.
    """
    left = STOCK[item]
    if count > left:
        raise ToolError(f"Only {left} {item} are left.", hint="Reserve fewer.")
    return f"{count} {item} reserved"


assistant = Agent("assistant", model="claude-haiku-5-5", tools=[reserve])

OFFLINE = [
    Reply.tool("reserve", item="tee", count=1, colour="green")
    + Reply.tool("reserve", item="tea", count=9)
    + Reply.tool("reserve", item="coffee", count=1)
    + Reply.tool("reserve", item="tea", count=2),
    Reply.text("Two teas are reserved; coffee could not be."),
]


def main() -> None:
    """Run the agent, and print every tool call with its tool result."""
    result = assistant.run_sync("Reserve what you can of nine teas and a coffee.")
    for message in result.messages:
        if isinstance(message["content"], str):
            continue
        for block in message["content"]:
            if block["type"] == "tool_use":
                print("call  ", block["input"])
            elif block["type"] == "tool_result":
                print("failed" if block.get("is_error") else "ok    ", block["content"])
    print(result.output)


if __name__ == "__main__":
    with nullcontext() if "--live" in sys.argv else script(*OFFLINE):
        main()
