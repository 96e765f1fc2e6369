"""`agentkit run MODULE:AGENT "prompt"`: run an agent of your own, and show its progress."""

from __future__ import annotations

import json
import secrets
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from agentkit.cli.arguments.connection import OFFLINE_NOTE, add_base_url_option, choose_client
from agentkit.cli.arguments.journal import OPEN_STATES, print_way_to_go_on
from agentkit.cli.arguments.prompt_source import read_prompt
from agentkit.cli.terminal.exit_codes import CommandError, ExitCode, exit_code_of
from agentkit.cli.terminal.printing import print_air, print_drawing, print_message, print_prose
from agentkit.cli.terminal.text import print_answer

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from types import ModuleType

    from agentkit import Agent, RunResult
    from agentkit.cli.arguments.parsing import Subparsers
    from agentkit.models.overriding_client import Client

    AnyAgent: TypeAlias = Agent[Any, Any, Any]


def add_command(commands: Subparsers, shared: ArgumentParser) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser("run", parents=[shared], help="run an agent of your own", description=__doc__)
    parser.add_argument("agent", metavar="MODULE:AGENT", help="where the agent is, for example `shop.agents:lead`")
    parser.add_argument("prompt", metavar="PROMPT", help="the prompt; @FILE reads a file, - reads stdin")
    add_run_options(parser)
    parser.add_argument("--journal", type=Path, metavar="FILE", help="record the run there; an interrupted one goes on")
    parser.add_argument("--run-id", metavar="RUN", help="the id of the run; default: a new one")
    parser.add_argument("--cost", action="store_true", help="print the cost by agent, tool, model and cache class")
    parser.set_defaults(run=run_agent)


def add_run_options(parser: ArgumentParser) -> None:
    """Add the options that `run` and `chat` share."""
    parser.add_argument("--json", action="store_true", help="print events and the result as lines of JSON")
    parser.add_argument("--model", metavar="ID", help="another model than the agent's")
    parser.add_argument("--max-turns", metavar="N", type=int, help="another turn limit for a run")
    add_base_url_option(parser)
    parser.add_argument("--offline", action="store_true", help="let the offline responder answer: no key, no model")
    parser.add_argument(
        "--allow-effects",
        action="store_true",
        help="let the offline responder call tools that are not of effect `read`",
    )


def run_agent(args: Namespace) -> ExitCode:
    """Run the agent on the prompt; its output goes to stdout, everything else to stderr."""
    from agentkit.cli.terminal.watching import choose_display, watch_run

    agent = load_agent(args)
    prompt = parse_input(agent, read_prompt(args.prompt))
    has_ended = args.journal is not None and _record_in_journal(args, agent)
    client, options = (None, dict[str, Any]()) if has_ended else choose_run_options(args, agent)
    if args.journal is not None:
        options["journal"] = args.journal
    if args.run_id is not None:
        options["run_id"] = args.run_id
    result, seconds = watch_run(lambda: agent.stream(prompt, **options), choose_display(as_json=args.json), client)
    return report_run(args, agent, result, seconds)


def _record_in_journal(args: Namespace, agent: AnyAgent) -> bool:
    """Set the id of the run that is recorded, and note where its agent is. Return True if it has ended before."""
    from agentkit import Journal

    journal = Journal(args.journal)
    info = None
    if args.run_id is None:
        args.run_id = f"run-{secrets.token_hex(8)}"
    else:
        info = next((one for one in journal.runs() if one.run_id == args.run_id), None)
    if info is None or info.agent == agent.name:
        journal.set_address(args.run_id, args.agent)
    has_ended = info is not None and info.status not in OPEN_STATES
    state = "is recorded" if info is None else "has ended, and is not repeated" if has_ended else "goes on"
    print_message(f"agentkit: {args.run_id} {state}: {args.journal}", "dim")
    return has_ended


def choose_run_options(args: Namespace, agent: AnyAgent) -> tuple[Client | None, dict[str, Any]]:
    """Return the client that the command made for the run, and the options of the run. None: the agent has its own.

    Raises:
        CommandError: Options exclude each other, or there are no credentials.
    """
    client = choose_client(args, agent)
    if args.offline:
        print_message(f"agentkit: {OFFLINE_NOTE}")
    options: dict[str, Any] = {} if client is None else {"client": client}
    if args.model:
        options["model"] = args.model
    return client, options


def report_run(args: Namespace, agent: AnyAgent, result: RunResult[Any], seconds: float) -> ExitCode:
    """Print the output of a run, and on stderr how it went, what it cost and how it goes on."""
    from agentkit.cli.terminal.watching import print_json_line, print_run_report, result_to_json

    output = None if result.answer is None else agent.output_spec.form.inner.dump(result.answer.value)
    if args.json:
        costs = {"cost_tree": result.cost.tree().to_json()} if args.cost else {}
        print_json_line({**result_to_json(result, output), **costs})
        return exit_code_of(result)
    print_air()
    if result.answer is not None:
        if isinstance(output, str):
            print_prose(output)
        else:
            print_answer(json.dumps(output, ensure_ascii=False, indent=2))
    elif agent.output_spec.is_text and (words := _last_model_text(result)):
        print_prose(words)
    print_air()
    sys.stdout.flush()  # keeps the output above the summary where stdout and stderr go to one file
    print_run_report(result, seconds, has_cost=not args.cost)
    if args.cost:
        print_drawing(str(result.cost.tree()))
    if args.journal is not None:
        print_way_to_go_on(args, result.run_id)
    return exit_code_of(result)


def _last_model_text(result: RunResult[object]) -> str:
    """Return the latest text of the model, to be shown for a run without output; empty if there is none."""
    from agentkit.messages.message import text_of

    said = [text_of(message["content"]) for message in result.messages if message["role"] == "assistant"]
    return next((text for text in reversed(said) if text.strip()), "")


def load_agent(args: Namespace) -> AnyAgent:
    """Import the agent that the command line names, and set its turn limit.

    Raises:
        CommandError: There is no agent at the address, or it needs deps that a command line cannot make.
    """
    from agentkit import Agent
    from agentkit.cli.arguments.object_address import load_object
    from agentkit.run.deps_source import is_deps_type

    module, found = load_object(args.agent)
    if not isinstance(found, Agent):
        ask = "name one made with agentkit.Agent(...)"
        if found is module and (inside := _first_agent_in(module)):
            ask = f"name one in it, as in `{module.__name__}:{inside}`"
        raise CommandError(f"{args.agent!r} is no agent, it is a {type(found).__name__}: {ask}.")
    agent: AnyAgent = found  # pyright: ignore[reportUnknownVariableType]  # generic parameters of any types
    if is_deps_type(agent.deps):
        name = getattr(agent.deps, "__name__", agent.deps)
        raise CommandError(
            f"{args.agent!r} works on deps of type {name}, which a command line cannot make: give the "
            "agent what opens them as deps=, a function or a context manager"
        )
    return agent if args.max_turns is None else replace(agent, max_turns=args.max_turns)


def _first_agent_in(module: ModuleType) -> str:
    """Return the name of an agent that the module has; empty if there is none."""
    from agentkit import Agent

    return next((name for name, value in vars(module).items() if isinstance(value, Agent)), "")


def parse_input(agent: AnyAgent, text: str) -> object:
    """Return the prompt as the agent's input type if it is JSON, and as text otherwise.

    Raises:
        CommandError: The prompt is JSON that does not fit the agent's input type.
    """
    from pydantic import ValidationError

    if agent.input_spec.is_text:
        return text
    try:
        value = json.loads(text)
    except ValueError:
        return text
    try:
        return agent.input_spec.schema.validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(step) for step in first["loc"]) or "the prompt"
        raise CommandError(
            f"The prompt is JSON, but does not fit the agent's input: {where}: {first['msg']}."
        ) from None
