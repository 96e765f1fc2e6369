"""Mount MCP servers: inside an `async with` block a server is connected and its tools are a Toolset."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import anyio

from agentkit.errors import ConfigurationError, DefinitionError
from agentkit.log import log
from agentkit.mcp.config_file import read_servers
from agentkit.mcp.server_tools import MountOptions, count_definition_tokens, make_tools, select_usable_tools
from agentkit.tools.decorator import check_name
from agentkit.tools.toolset import Toolset

if TYPE_CHECKING:
    from agentkit.mcp.annotations import ListedTool
    from agentkit.mcp.connection import ServerConnection
    from agentkit.mcp.servers import McpServer
    from agentkit.tools.options import Effect

CONNECT_TIMEOUT_S = 30.0
"""The default of `connect_timeout_s`, in seconds."""
DEFER_OVER_TOKENS = 10_000
"""The default of `defer_over_tokens`: from this size of tool definitions on Anthropic advises its tool search."""


@asynccontextmanager
async def mounted(
    server: McpServer,
    *,
    name: str,
    trust_annotations: bool = False,
    effects: Mapping[str, Effect] | None = None,
    timeout_s: float | None = None,
    connect_timeout_s: float = CONNECT_TIMEOUT_S,
    defer_over_tokens: int | None = DEFER_OVER_TOKENS,
) -> AsyncGenerator[Toolset]:
    """Mount an MCP server: inside the block its tools are a Toolset, whose names are `name__tool`.

    The block may be entered and left in different tasks. A server that dies is restarted by the next call.

    Args:
        server: The program, address or object to connect to.
        name: The name for the server here: letters, digits, underscore and dash.
        trust_annotations: True if the server's annotations decide the effects of its tools. A server could lie that a
            tool only reads, and it would be called eagerly and retried; so by default all its tools have the effect
            `write`.
        effects: Effects that you know, by the server's own tool names; they override annotations.
        timeout_s: Timeout of each call in seconds. None: the agent's `tool_timeout_s`.
        connect_timeout_s: Seconds that the server may take to start and to list its tools.
        defer_over_tokens: If the definitions take more tokens than this, they are deferred, and the model finds tools
            by the API's tool search. None: never, for servers of the Messages API without the tool search.

    Raises:
        ConfigurationError: The server does not start, cannot be reached, or does not speak MCP; or the package `mcp`
            is not installed.
        DefinitionError: The name cannot be used, two tools would get the same one, or `effects` names no tool.
    """
    try:
        check_name(name)
    except DefinitionError as error:
        raise DefinitionError(f"mounted({server}): {error}") from error
    mount = MountOptions(server, name, trust_annotations, effects or {}, timeout_s)
    async with _mount_all_servers([mount], connect_timeout_s, defer_over_tokens) as toolsets:
        yield toolsets[0]


@asynccontextmanager
async def mounted_file(
    path: str | Path,
    *,
    trusted: Collection[str] = (),
    timeout_s: float | None = None,
    connect_timeout_s: float = CONNECT_TIMEOUT_S,
    defer_over_tokens: int | None = DEFER_OVER_TOKENS,
) -> AsyncGenerator[tuple[Toolset, ...]]:
    """Mount all servers of an `mcpServers` JSON file, as Claude Desktop and Claude Code use it, all at once.

    `${NAME}` and `${NAME:-default}` in it stand for environment variables. `trusted` names the servers whose
    annotations decide effects; the other options are those of `mounted`. Raises ConfigurationError if the file cannot
    be read or one of the servers cannot be mounted.

    Args:
        path: The file.
        trusted: Names of the servers whose annotations are trusted.
        timeout_s: Seconds that a call may take. None: the agent's limit.
        connect_timeout_s: Seconds that each server may take to start and to list its tools.
        defer_over_tokens: Definitions that take more tokens than this are deferred. None: never.
    """
    servers = read_servers(Path(path))
    if unknown := set(trusted) - servers.keys():
        raise ConfigurationError(f"{path} has no server {', '.join(sorted(unknown))}; it has {', '.join(servers)}.")
    mounts = [MountOptions(server, name, name in trusted, {}, timeout_s) for name, server in servers.items()]
    async with _mount_all_servers(mounts, connect_timeout_s, defer_over_tokens) as toolsets:
        yield toolsets


@asynccontextmanager
async def _mount_all_servers(
    mounts: Sequence[MountOptions], connect_timeout_s: float, defer_over_tokens: int | None
) -> AsyncGenerator[tuple[Toolset, ...]]:
    connections = [_new_connection(mount, connect_timeout_s) for mount in mounts]
    try:
        listings = await _open_connections(connections)
        usable_tools = [select_usable_tools(mount, listed) for mount, listed in zip(mounts, listings, strict=True)]
        definition_tokens = sum(map(count_definition_tokens, usable_tools))
        defers = defer_over_tokens is not None and definition_tokens > defer_over_tokens
        if defers:
            log().info(
                "the tools of MCP servers are found by search", tokens=definition_tokens, limit=defer_over_tokens
            )
        yield tuple(
            Toolset(mount.name, make_tools(mount, usable, connection, defers=defers))
            for mount, usable, connection in zip(mounts, usable_tools, connections, strict=True)
        )
    finally:
        with anyio.CancelScope(shield=True):
            async with anyio.create_task_group() as tasks:
                for connection in connections:
                    tasks.start_soon(connection.aclose)


async def _open_connections(connections: Sequence[ServerConnection]) -> list[tuple[ListedTool, ...]]:
    """Open all connections at once and return each server's tools. Raises ConfigurationError with every failure."""
    listings: list[tuple[ListedTool, ...]] = [()] * len(connections)
    errors: list[str] = []

    async def open_connection(place: int, connection: ServerConnection) -> None:
        try:
            listings[place] = await connection.open()
        except ConfigurationError as error:
            errors.append(str(error))

    async with anyio.create_task_group() as tasks:
        for place, connection in enumerate(connections):
            tasks.start_soon(open_connection, place, connection)
    if errors:
        raise ConfigurationError("\n".join(errors))
    return listings


def _new_connection(mount: MountOptions, connect_timeout_s: float) -> ServerConnection:
    try:
        from agentkit.mcp.connection import ServerConnection
    except ModuleNotFoundError as error:
        if error.name is None or not error.name.startswith("mcp"):
            raise
        text = "To mount MCP servers, install the package `mcp`: pip install mcp"
        raise ConfigurationError(text) from None
    return ServerConnection(mount.server, mount.name, connect_timeout_s)
