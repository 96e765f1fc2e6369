"""`agentkit mcp`: list the tools of MCP servers, and call one with arguments as a model writes them.

Servers are given by an address (`--url`), an `mcpServers` file (`--config`), or a program (`--command`, the last
option: everything behind it belongs to the program).
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from agentkit.cli.terminal.exit_codes import CommandError, ExitCode
from agentkit.cli.terminal.text import print_answer
from agentkit.messages.printable import one_line, plural, printable

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import AsyncGenerator

    from agentkit.cli.arguments.parsing import Subparsers
    from agentkit.mcp import HttpServer, McpTool, StdioServer
    from agentkit.messages.message import Block, Content, JSONObject

_DESCRIPTION_CHARS = 60


def add_command(commands: Subparsers, shared: ArgumentParser) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser("mcp", parents=[shared], help="list and call MCP servers' tools", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", parents=[shared], help="the tools, their effect and size")
    listing.add_argument("--json", action="store_true", help="a line of JSON for each tool")
    listing.set_defaults(run=list_mcp_tools)
    call = actions.add_parser("call", parents=[shared], help="call one tool with arguments as the model writes them")
    call.add_argument("tool", metavar="TOOL", help="its name, the server's own or as the model sees it")
    call.add_argument("--json", metavar="ARGUMENTS", default="{}", help="a JSON object; @FILE reads a file, - stdin")
    call.set_defaults(run=call_mcp_tool)
    for action in (listing, call):
        where = action.add_mutually_exclusive_group(required=True)
        where.add_argument("--url", help="the address of a server, over streamable HTTP")
        where.add_argument("--config", metavar="FILE", help="a JSON file with `mcpServers`")
        where.add_argument(
            "--command", dest="program", nargs=argparse.REMAINDER, help="a program and its arguments; the last option"
        )
        action.add_argument(
            "--header", action="append", default=[], metavar="'NAME: VALUE'", help="for --url; may be given again"
        )
        action.add_argument("--trust", action="store_true", help="believe what servers say of their tools' effects")
        action.add_argument(
            "--timeout", type=float, default=30, metavar="S", help="to connect and to answer; default: 30"
        )


def list_mcp_tools(args: Namespace) -> ExitCode:
    """Print a line for each tool."""
    import anyio

    tools = anyio.run(_read_tools, args)
    rows = [(tool.name, tool.effect, _token_estimate(tool), tool.description.partition("\n")[0]) for tool in tools]
    width = max((len(row[0]) for row in rows), default=0)
    for name, effect, tokens, text in rows:
        if args.json:
            facts = {"name": name, "effect": effect, "tokens": tokens, "description": text}
            print(json.dumps(facts, ensure_ascii=False))
        else:
            print(f"{name:<{width}}  {effect:<10}  {tokens:>5} tokens  {one_line(text, _DESCRIPTION_CHARS)}".rstrip())
    print(f"{plural(len(rows), 'tool')}, about {sum(row[2] for row in rows):,} tokens", file=sys.stderr)
    hinted = sum(bool(tool.annotations.is_read_only) for tool in tools)
    if hinted and not args.trust:
        print(f"The server says that {plural(hinted, 'tool')} only read; --trust believes it.", file=sys.stderr)
    return ExitCode.OK


def call_mcp_tool(args: Namespace) -> ExitCode:
    """Validate the arguments, call the tool, and print its content."""
    import anyio

    from agentkit.cli.commands.tools import parse_arguments
    from agentkit.errors import InvalidArguments, ToolError

    try:
        content = anyio.run(_call_by_name, args, parse_arguments(args.json))
    except (InvalidArguments, ToolError) as error:
        print(printable(str(error)), file=sys.stderr)
        return ExitCode.FAILED
    except TimeoutError:
        raise CommandError(f"{args.tool} did not answer within {args.timeout:g} s.", ExitCode.LIMIT) from None
    print_answer(content if isinstance(content, str) else "\n".join(map(_block_text, content)))
    return ExitCode.OK


def _block_text(block: Block) -> str:
    return str(block["text"]) if block["type"] == "text" else json.dumps(block)


async def _read_tools(args: Namespace) -> list[McpTool]:
    async with _mount_servers(args) as tools:
        return tools


async def _call_by_name(args: Namespace, given: JSONObject) -> Content:
    import anyio

    from agentkit import RunContext
    from agentkit.cli.commands.tools import print_progress
    from agentkit.tools.run_context import CallServices

    async with _mount_servers(args) as tools:
        found = [tool for tool in tools if args.tool in (tool.name, tool.server_tool)]
        if len(found) != 1:
            names = ", ".join(tool.name for tool in found or tools)
            raise CommandError(f"{args.tool!r} names {len(found) or 'no'} tools; name one of {names or 'none'}.")
        ctx = RunContext(deps=None, call_id="command-line", _services=CallServices(progress_listener=print_progress))
        with anyio.fail_after(args.timeout):
            return await found[0].call(given, ctx)


@asynccontextmanager
async def _mount_servers(args: Namespace) -> AsyncGenerator[list[McpTool]]:
    """Connect to all servers that the command line names, and yield their tools."""
    from agentkit.mcp import McpTool, mounted, mounted_file

    logging.getLogger("mcp").setLevel(logging.CRITICAL)  # it logs what our log has, with tracebacks
    if args.config:
        trusted = _server_names(args.config) if args.trust else ()
        async with mounted_file(args.config, trusted=trusted, connect_timeout_s=args.timeout) as toolsets:
            yield [tool for toolset in toolsets for tool in toolset if isinstance(tool, McpTool)]
        return
    trusts, limit_s = args.trust, args.timeout
    async with mounted(_server(args), name="server", trust_annotations=trusts, connect_timeout_s=limit_s) as toolset:
        yield [tool for tool in toolset if isinstance(tool, McpTool)]


def _server(args: Namespace) -> HttpServer | StdioServer:
    from agentkit.mcp import HttpServer, StdioServer

    if args.url:
        return HttpServer(args.url, dict(map(_parse_header, args.header)))
    if not args.program:
        raise CommandError("--command takes a program and its arguments.")
    return StdioServer(args.program[0], args.program[1:])


def _parse_header(text: str) -> tuple[str, str]:
    name, sign, value = text.partition(":")
    if not sign:
        raise CommandError(f"--header takes 'NAME: VALUE', not {name!r}.")
    return name.strip(), value.strip()


def _server_names(config: str) -> list[str]:
    from pathlib import Path

    from agentkit.mcp.config_file import read_servers

    return list(read_servers(Path(config)))


def _token_estimate(tool: McpTool) -> int:
    from agentkit.cli.commands.tool_lint import estimate_tokens

    return estimate_tokens(tool)
