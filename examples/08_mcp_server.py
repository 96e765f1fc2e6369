"""Tools of an MCP server in a run. The server runs in this process; a program or an address is mounted the same way.

`python examples/08_mcp_server.py` runs offline from a script; with `--live` (and ANTHROPIC_API_KEY) Claude answers.
It takes the extra `mcp`.
"""

import sys
from contextlib import nullcontext

import anyio
from mcp.server.mcpserver import MCPServer
from mcp.types import ToolAnnotations

from agentkit import Agent, tool
from agentkit.mcp import InProcessServer, mounted
from agentkit.testing import Reply, script

library = MCPServer("library", log_level="ERROR")


@library.tool(annotations=ToolAnnotations(read_only_hint=True))
def find_books(words: str) -> list[str]:
    """Find books by words of their titles."""
    titles = ["The Book of Tea", "Tea: A Global History", "Coffee, a Dark History"]
    return [title for title in titles if words.lower() in title.lower()]


@tool(effect="read")
def location_of(title: str) -> str:
    """Look up the location of a book."""
    return "A3" if "Global" in title else "B1"


librarian = Agent("librarian", model="claude-haiku-5-5", instructions="Answer in one sentence.")

OFFLINE = [
    Reply.tool("library__find_books", words="tea"),
    Reply.tool("location_of", title="The Book of Tea") + Reply.tool("location_of", title="Tea: A Global History"),
    Reply.text("The Book of Tea is on B1, Tea: A Global History on A3."),
]


async def main() -> None:
    """Mount the server, and ask one question."""
    # StdioServer("uvx", ["mcp-server-git"]) and HttpServer("https://example.com/mcp") go in the same place.
    async with mounted(InProcessServer(library), name="library", trust_annotations=True) as books:
        print("mounted:", ", ".join(f"{one.name} ({one.effect})" for one in books))
        result = await librarian.run("Where do I find books on tea?", tools=[books, location_of])
    print(result.output)


if __name__ == "__main__":
    with nullcontext() if "--live" in sys.argv else script(*OFFLINE):
        anyio.run(main)
