"""`agentkit tools`: list and lint the tools of a module, agent or toolset, show their schemas, and call one."""

from __future__ import annotations

import json
import sys
from contextlib import AsyncExitStack
from dataclasses import asdict
from typing import TYPE_CHECKING, cast

from agentkit.cli.arguments.prompt_source import read_argument
from agentkit.cli.terminal.exit_codes import CommandError, ExitCode
from agentkit.cli.terminal.text import print_answer, terminal_width
from agentkit.messages.printable import one_line, plural, printable

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from agentkit.cli.arguments.parsing import Subparsers
    from agentkit.messages.message import Content, JSONObject
    from agentkit.tools.toolset import AnyTool


_DESCRIPTION_CHARS = 60


def add_command(commands: Subparsers, shared: ArgumentParser) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser("tools", parents=[shared], help="list, show and call tools", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    where = "a module, or MODULE:ATTRIBUTE for a tool, toolset or agent"
    kinds = {
        "list": ("the tools, their effect and size", list_tools),
        "lint": ("definitions that models misuse, and how to improve them", lint_tools),
        "schema": ("the definitions that are sent to the API, as JSON", print_schemas),
    }
    for name, (text, run) in kinds.items():
        action = actions.add_parser(name, parents=[shared], help=text)
        action.add_argument("address", metavar="MODULE[:ATTRIBUTE]", help=where)
        if name == "schema":
            action.add_argument("name", nargs="?", help="one tool; default: all")
        else:
            action.add_argument("--json", action="store_true", help="a line of JSON for each line")
        action.set_defaults(run=run)
    call = actions.add_parser("call", parents=[shared], help="call one tool with arguments as the model writes them")
    call.add_argument("address", metavar="MODULE[:ATTRIBUTE]", help=where)
    call.add_argument("name", nargs="?", help="the tool, where the address has several")
    call.add_argument("--json", metavar="ARGUMENTS", default="{}", help="a JSON object; @FILE reads a file, - stdin")
    call.set_defaults(run=call_tool)


def list_tools(args: Namespace) -> ExitCode:
    """Print a line for each tool."""
    from agentkit.cli.commands.tool_lint import estimate_tokens as size_of

    tools = _tools_at(args.address)
    rows = [(tool.name, tool.declared_effect or "write?", size_of(tool), _description_line(tool)) for tool in tools]
    if args.json:
        for name, effect, tokens, text in rows:
            facts = {"name": name, "effect": effect, "tokens": tokens, "description": text}
            print(json.dumps(facts, ensure_ascii=False))
        return ExitCode.OK
    width = max(len(row[0]) for row in rows)
    for name, effect, tokens, text in rows:
        print(f"{name:<{width}}  {effect:<10}  {tokens:>5} tokens  {one_line(text, _DESCRIPTION_CHARS)}".rstrip())
    if any(effect == "write?" for _, effect, _, _ in rows):
        print('write?: no effect is declared; @tool(effect="read") where a call changes nothing', file=sys.stderr)
    return ExitCode.OK


def lint_tools(args: Namespace) -> ExitCode:
    """Print a line for each finding. The command fails if there is a problem; hints alone are fine."""
    from agentkit.cli.commands.tool_lint import estimate_tokens, find_issues

    tools = _tools_at(args.address)
    findings = find_issues(tools)
    for finding in findings:
        print(json.dumps(asdict(finding), ensure_ascii=False) if args.json else finding)
    problems = sum(finding.severity == "problem" for finding in findings)
    size = sum(map(estimate_tokens, tools))
    counted = ", ".join((plural(problems, "problem"), plural(len(findings) - problems, "hint")))
    print(f"{plural(len(tools), 'tool')}, about {size:,} tokens: {counted}", file=sys.stderr)
    return ExitCode.FAILED if problems else ExitCode.OK


def print_schemas(args: Namespace) -> ExitCode:
    """Print the tools as the API's `tools` field has them; a single tool without the list around it."""
    tools = _tools_at(args.address)
    if args.name is not None:
        tools = [_choose_tool(tools, args.name, args.address)]
    params = [tool.to_param() for tool in tools]
    print(json.dumps(params[0] if len(params) == 1 else params, ensure_ascii=False, indent=2))
    return ExitCode.OK


def call_tool(args: Namespace) -> ExitCode:
    """Validate the arguments, run the tool, and print its content."""
    import anyio

    from agentkit.errors import InvalidArguments, ToolError

    tool = _choose_tool(_tools_at(args.address), args.name, args.address)
    if tool.is_agent:
        raise CommandError(f"{tool.name!r} is an agent: run it with `agentkit run MODULE:AGENT PROMPT`.")
    given = parse_arguments(args.json)
    try:
        content = anyio.run(_call_with_deps, tool, given, _deps_source(args.address))
    except (InvalidArguments, ToolError) as error:
        hint = error.hint if isinstance(error, ToolError) else None
        print(printable(" ".join(filter(None, (str(error), hint)))), file=sys.stderr)
        return ExitCode.FAILED
    print_answer(content if isinstance(content, str) else json.dumps(content, ensure_ascii=False, indent=2))
    return ExitCode.OK


def parse_arguments(text: str) -> JSONObject:
    """Return the arguments of a call from the command line.

    Args:
        text: A JSON object, `@path` for a file, or `-` for stdin.

    Raises:
        CommandError: The text is no JSON object.
    """
    try:
        given = json.loads(read_argument(text))
    except ValueError as error:
        raise CommandError(f"--json is not JSON: {error}.") from None
    except RecursionError:
        raise CommandError("--json is nested too deeply.") from None
    if not isinstance(given, dict):
        raise CommandError("--json has to be a JSON object, as the model writes it.")
    return cast("JSONObject", given)


async def _call_with_deps(tool: AnyTool, given: JSONObject, source: object) -> Content:
    from agentkit import RunContext
    from agentkit.run.deps_source import open_deps_source
    from agentkit.tools.run_context import CallServices

    async with AsyncExitStack() as stack:
        opening = None if source is None else open_deps_source(source, "the deps of the agent")
        deps = None if opening is None else await stack.enter_async_context(opening)
        services = CallServices(progress_listener=print_progress)
        return await tool.call(given, RunContext(deps=deps, call_id="command-line", _services=services))


def print_progress(message: str, _done: float | None, _total: float | None) -> None:
    """Print a progress message of the called tool on stderr."""
    print(one_line(message, terminal_width(sys.stderr)), file=sys.stderr)


def _deps_source(address: str) -> object:
    """Return what opens the agent's deps; None if the address names no agent, or one that opens none."""
    from agentkit import Agent
    from agentkit.cli.arguments.object_address import load_object
    from agentkit.run.deps_source import is_deps_type

    _, found = load_object(address)
    deps = cast("object", found.deps) if isinstance(found, Agent) else None  # pyright: ignore[reportUnknownMemberType]
    return None if deps is None or is_deps_type(deps) else deps


def _tools_at(address: str) -> list[AnyTool]:
    from agentkit import Agent, Tool, Toolset
    from agentkit.cli.arguments.object_address import load_object

    module, found = load_object(address)
    if isinstance(found, Tool):
        return [cast("AnyTool", found)]
    if isinstance(found, Toolset):
        return list(found)
    if isinstance(found, Agent):
        tools = list(found.agent_tools.tools.values())
    elif found is module:
        tools = list({id(tool): tool for value in vars(module).values() for tool in _tools_in(value)}.values())
    else:
        raise CommandError(f"{address!r} is a {type(found).__name__}, not a tool, toolset, agent or module.")
    if not tools:
        raise CommandError(f"{address!r} has no tools.")
    return tools


def _tools_in(value: object) -> list[AnyTool]:
    from agentkit import Tool, Toolset

    if isinstance(value, Tool):
        return [cast("AnyTool", value)]
    return list(value) if isinstance(value, Toolset) else []


def _choose_tool(tools: list[AnyTool], name: str | None, address: str) -> AnyTool:
    if name is None and len(tools) == 1:
        return tools[0]
    names = ", ".join(tool.name for tool in tools)
    if name is None:
        raise CommandError(f"{address!r} has several tools; name one of {names}.")
    for tool in tools:
        if tool.name == name:
            return tool
    raise CommandError(f"{address!r} has no tool {name!r}; it has {names}.")


def _description_line(tool: AnyTool) -> str:
    return tool.description.partition("\n")[0] or "(no description: the model has only the name)"
