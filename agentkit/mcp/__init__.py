"""MCP client: the tools of MCP servers as Toolsets.

    async with mounted(StdioServer("uvx", ["mcp-server-git"]), name="git") as git:
        result = await agent.run("What changed last week?", tools=[git])

The package `mcp` (the extra `mcp`) is imported when a server is mounted.
"""

from agentkit.mcp.annotations import Annotations
from agentkit.mcp.mcp_tool import McpTool
from agentkit.mcp.mount import mounted, mounted_file
from agentkit.mcp.servers import HttpServer, InProcessServer, StdioServer

__all__ = ["Annotations", "HttpServer", "InProcessServer", "McpTool", "StdioServer", "mounted", "mounted_file"]
