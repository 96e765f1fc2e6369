"""Let agents battle on prompts, or read battles, and print the ratings."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from inspect import iscoroutinefunction
from pathlib import Path
from typing import TYPE_CHECKING, cast

from agentkit.cli.arguments.connection import client_without_agent
from agentkit.cli.arguments.prompt_source import read_text_file
from agentkit.cli.evals.rating_report import print_ratings
from agentkit.cli.terminal.exit_codes import CommandError, ExitCode
from agentkit.cli.terminal.printing import print_message
from agentkit.messages.printable import plural

if TYPE_CHECKING:
    from argparse import Namespace

    from agentkit.evals.arena import Battle, Judge, Match, MatchFailure
    from agentkit.evals.arena.matches import Contender
    from agentkit.evals.task import AnyAgent
    from agentkit.models.overriding_client import Client

_PERSON = "person"
_ANSWER = "Answer the user as well as you can."


def run_compare(args: Namespace) -> ExitCode:
    """Print the ratings of battles that are fought now, or that a file has."""
    if (args.prompts is None) == (args.battles is None):
        raise CommandError("compare takes a file of prompts, or --battles FILE: one of them.")
    if args.battles is not None:
        return print_ratings(args, _read_battles(args.battles), [])
    matches, failures = _fight(args, _read_prompts(args.prompts))
    battles = [match.battle for match in matches]
    if args.out is not None:
        from agentkit.evals.arena import write_battles

        write_battles(args.out, battles)
        print_message(f"agentkit: {plural(len(battles), 'battle')} written to {args.out}.")
    for failure in failures[:5]:
        print_message(f"not fought: {' and '.join(failure.names)} on {failure.prompt[:60]!r}: {failure.reason}")
    if not battles:
        why = failures[0].reason.rstrip(".") if failures else "no prompt"
        raise CommandError(f"No battle was fought: {why}.", ExitCode.FAILED)
    code = print_ratings(args, battles, [one for match in matches for one in match.judgements])
    return ExitCode.FAILED if failures else code


def _read_battles(path: Path) -> list[Battle]:
    from agentkit.evals.arena import read_battles

    read_text_file(path)  # says in a sentence what is wrong with the file itself
    try:
        return read_battles(path)
    except ValueError as error:
        raise CommandError(f"{error}") from None


def _read_prompts(path: Path) -> dict[str | None, list[str]]:
    """Return the prompts of a file by category; a file that is no JSON lines has a prompt a line."""
    found: dict[str | None, list[str]] = {}
    is_json = path.suffix.lower() in (".jsonl", ".ndjson")
    for number, line in enumerate(read_text_file(path).split("\n"), 1):
        if line.strip():
            prompt, category = _prompt_of(line, f"{path}, line {number}") if is_json else (line.strip(), None)
            found.setdefault(category, []).append(prompt)
    if not found:
        raise CommandError(f"{str(path)!r} has no prompt.")
    return found


def _prompt_of(line: str, where: str) -> tuple[str, str | None]:
    try:
        value: object = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise CommandError(f"{where}: it is no JSON: {error}.") from None
    fields = cast("dict[str, object]", value) if isinstance(value, dict) else {"prompt": value}
    prompt, category = fields.get("prompt"), fields.get("category")
    if not isinstance(prompt, str) or not (category is None or isinstance(category, str)):
        raise CommandError(f"{where}: it needs a text as `prompt`, and may have one as `category`.")
    return prompt, category


def _fight(args: Namespace, prompts: dict[str | None, list[str]]) -> tuple[list[Match], list[MatchFailure]]:
    """Return the matches of all pairs on all prompts, and those that did not take place."""
    from agentkit import Budget
    from agentkit.cli.guard.deciding import run_with_client
    from agentkit.evals.arena import battle_all
    from agentkit.run.scope import share_budget

    named, judge, is_person = _contenders_of(args), _judge_of(args), args.judge == _PERSON
    client = client_without_agent(args)
    contenders = {name: _answered_by(contender, client) for name, contender in named.items()}
    budget = None if args.budget_usd is None else Budget(max_cost_usd=args.budget_usd)

    async def fight(_: Callable[[int, int], None]) -> tuple[list[Match], list[MatchFailure]]:
        matches: list[Match] = []
        failures: list[MatchFailure] = []
        with share_budget(budget, "the battles"):
            for category, own in prompts.items():
                fought, failed = await battle_all(
                    own,
                    contenders,
                    judge(client),
                    both_orders=not (args.one_order or is_person),
                    category=category,
                    concurrency=1 if is_person else args.concurrency,
                )
                matches += fought
                failures += failed
        return matches, failures

    return run_with_client(fight, client)


def _contenders_of(args: Namespace) -> dict[str, Contender]:
    found: dict[str, Contender] = {}
    for given in [part.strip() for part in (args.agents or "").split(",") if part.strip()]:
        name, _, address = given.partition("=")
        found[name] = _contender_at(address or name)
    if len(found) < 2:
        raise CommandError("compare needs two agents: --agents A,B with model ids or MODULE:AGENT.")
    return found


def _contender_at(name: str) -> Contender:
    """Return the agent at an address, or the async function: a whole pipeline."""
    from agentkit.cli.arguments.object_address import load_object

    found = load_object(name)[1] if ":" in name else None
    return cast("Contender", found) if iscoroutinefunction(found) else _agent_at(name, "--agents")


def _agent_at(name: str, option: str) -> AnyAgent:
    """Return the agent at an address, or one without tools on the model of this id."""
    from agentkit import Agent
    from agentkit.cli.arguments.object_address import load_object

    if ":" not in name:
        return Agent("judge" if option == "--judge" else "contender", model=name, instructions=_ANSWER)
    found = load_object(name)[1]
    if not isinstance(found, Agent):
        raise CommandError(f"{option} {name!r} is no agent, but {type(found).__name__}.")
    agent: AnyAgent = found  # pyright: ignore[reportUnknownVariableType]  # generic parameters of any types
    return agent


def _answered_by(contender: Contender, client: Client | None) -> Contender:
    """Return a contender whose runs, or those in it, are answered by a client."""
    from agentkit import Agent
    from agentkit.models.overriding_client import override_client

    if client is None:
        return contender
    if isinstance(contender, Agent):
        return _with_client(cast("AnyAgent", contender), client)

    async def answer(prompt: str) -> object:
        with override_client(client):
            return await contender(prompt)

    return answer


def _with_client(agent: AnyAgent, client: Client | None) -> AnyAgent:
    return agent if client is None else replace(agent, client=client)


def _judge_of(args: Namespace) -> Callable[[Client | None], Judge]:
    """Return what makes the judge for a client."""
    from agentkit.evals.arena import agent_judge, person_judge

    if args.judge == _PERSON:
        return lambda _: person_judge()
    agent = _agent_at(args.judge, "--judge")
    return lambda client: agent_judge(_with_client(agent, client))
