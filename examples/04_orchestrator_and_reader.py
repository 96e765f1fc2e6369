"""A strong model delegates to a cheap one: it writes the briefs, the readers answer with typed evidence.

`python examples/04_orchestrator_and_reader.py` runs offline from a script, with `--live` on Claude.
"""

import sys
from contextlib import nullcontext
from typing import Any

from pydantic import BaseModel

from agentkit import Agent, RunContext, tool
from agentkit.testing import Reply, script

SOURCES = {
    "tea": "Green tea is steeped at 80 degrees. Black tea takes boiling water.",
    "coffee": "Coffee is brewed between 90 and 96 degrees.",
}


class Evidence(BaseModel):
    """Quotes from one source."""

    source: str
    quotes: list[str]


@tool(effect="read")
def read_source(ctx: RunContext, name: str) -> str:
    """Read a source by its name."""
    ctx.progress(f"reading {name}")
    return SOURCES[name]


reader = Agent(
    "reader",
    model="claude-haiku-5-5",
    description="Reads the sources that its brief names, and quotes what serves its objective.",
    instructions="Read the sources of your brief. Quote exactly.",
    output=Evidence,
    tools=[read_source],
)
lead = Agent(
    "lead",
    model="claude-opus-5-5",
    instructions=f"Answer from these sources, one reader for each: {', '.join(SOURCES)}.",
    tools=[reader.as_tool()],
)


def offline(request: dict[str, Any]) -> Reply:
    """Reply for the models of both agents: a function of the request serves a whole tree, in any order of requests."""
    has_results = len(request["messages"]) > 1
    if request["tools"][0]["name"] == "reader":
        if has_results:
            return Reply.text("Green tea wants 80 degrees, coffee 90 to 96.")
        brief = {"objective": "How hot should the water be?"}
        return Reply.tool("reader", **brief, sources=["tea"]) + Reply.tool("reader", **brief, sources=["coffee"])
    name = "tea" if '"tea"' in request["messages"][0]["content"] else "coffee"
    return (
        Reply.output(Evidence(source=name, quotes=[SOURCES[name]]))
        if has_results
        else Reply.tool("read_source", name=name)
    )


def main() -> None:
    """Ask a question, and print the answer and each sub-agent's output."""
    result = lead.run_sync("How hot should the water be for green tea and for coffee?")
    print(result.output)
    for child in result.children:
        print(f"  {child.agent}: {child.output}")
    print(f"{result.usage.requests} requests, {result.own_usage.requests} of them the lead's; cost {result.cost}")


if __name__ == "__main__":
    with nullcontext() if "--live" in sys.argv else script(offline):
        main()
