"""Choose the agents that are evaluated, and the client that answers them."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, cast

from agentkit.cli.terminal.exit_codes import CommandError
from agentkit.cli.terminal.printing import print_message

if TYPE_CHECKING:
    from argparse import Namespace

    from agentkit.evals import Suite
    from agentkit.evals.contenders import Evaluated
    from agentkit.evals.task import AnyAgent
    from agentkit.models.overriding_client import Client

_OFFLINE = "offline"
_SCRIPTED = ("oracle", "idle", "random")


@dataclass(slots=True)
class ChosenAgents:
    """The agents of an evaluation by name, with their clients."""

    agents: dict[str, Evaluated] = field(default_factory=dict[str, "Evaluated"])
    client: Client | None = None
    """The client of all runs. None: those of the agents."""
    _opened: list[Client] = field(default_factory=list["Client"])

    def offline_client(self) -> Client:
        """Return a client of the offline responder, which may call every tool: the world of a trial is its own."""
        from agentkit.cli.arguments.connection import offline_client

        self._opened.append(offline_client(None))
        return self._opened[-1]

    async def close(self) -> None:
        """Close the clients that the command opened."""
        async with AsyncExitStack() as stack:
            for client in (self.client, *self._opened):
                if client is not None:
                    stack.push_async_callback(client.close)


def choose_agents(args: Namespace, suite: Suite) -> ChosenAgents:
    """Return the agents that the command line names.

    Raises:
        CommandError: A name stands for nothing, or there are no credentials for a model.
    """
    from agentkit.cli.arguments.connection import OFFLINE_NOTE, client_for_url

    chosen = ChosenAgents()
    if args.offline and args.base_url:
        raise CommandError("--offline and --base-url exclude each other: one of them answers.")
    if args.base_url:
        chosen.client = client_for_url(args.base_url)
    for given in [part.strip() for part in (args.agents or _default_name(suite)).split(",") if part.strip()]:
        name, _, address = given.partition("=")
        agent = _find(address or name, suite, chosen)
        if name in chosen.agents:
            raise CommandError(f"--agents names {name!r} twice; write NAME={address or name} for one of them.")
        chosen.agents[name] = agent
    if args.offline:
        print_message(f"agentkit: {OFFLINE_NOTE}")
        chosen.client = chosen.offline_client()
    elif chosen.client is None:
        needing = [name for name, agent in chosen.agents.items() if _needs_credentials(agent)]
        if needing:
            from agentkit.cli.arguments.connection import require_credentials

            names = ", ".join(dict.fromkeys([*suite.agents, *((*_SCRIPTED, _OFFLINE) if suite.agent else ())]))
            is_model = ":" not in needing[0]
            taken = f". {needing[0]!r} is a model id, since it is none of {names}" if is_model and names else ""
            require_credentials(f", or try it with --offline{taken}")
    return chosen


def _default_name(suite: Suite) -> str:
    if suite.agent is None:
        brought = f"; it brings {', '.join(suite.agents)}" if suite.agents else ""
        raise CommandError(f"The suite {suite.name!r} has no agent of its own: name some with --agents{brought}.")
    return suite.agent.model if isinstance(suite.agent.model, str) else suite.agent.name


def _find(name: str, suite: Suite, chosen: ChosenAgents) -> Evaluated:
    """Return the agent that a name stands for."""
    if name in suite.agents:
        return suite.agents[name]
    if ":" in name:
        return _imported(name)
    agent = suite.agent
    if agent is None:
        names = ", ".join(suite.agents) or "none"
        raise CommandError(f"The suite {suite.name!r} brings {names}, and no {name!r}: name a MODULE:AGENT.")
    if name == _OFFLINE:
        return replace(agent, client=chosen.offline_client())
    if name in _SCRIPTED:
        return _scripted(name, agent)
    return agent if name in (agent.name, agent.model) else _with_model(name, suite, agent)


def _scripted(name: str, agent: AnyAgent) -> Evaluated:
    from agentkit.evals.oracle import make_oracle
    from agentkit.evals.scripted_agents import idle, random_caller

    match name:
        case "oracle":
            return make_oracle(agent)
        case "idle":
            return idle(agent)
        case _:
            return random_caller(agent)


def _with_model(name: str, suite: Suite, agent: AnyAgent) -> AnyAgent:
    from agentkit.schema.validation.did_you_mean import nearest_word

    known = [*suite.agents, *_SCRIPTED, _OFFLINE]
    near = None if any(sign in name for sign in "-./0123456789") else nearest_word(name, known)
    if near is not None:
        raise CommandError(f"There is no agent {name!r}; did you mean {near!r}? A model id is taken, too.")
    return replace(agent, model=name)


def _imported(address: str) -> Evaluated:
    from agentkit import Agent
    from agentkit.cli.arguments.object_address import load_object
    from agentkit.evals import PerTask

    _, found = load_object(address)
    if not isinstance(found, Agent | PerTask) and not callable(found):
        raise CommandError(f"{address!r} is no agent, but {type(found).__name__}: name an Agent, or an async function.")
    return cast("Evaluated", found)


def _needs_credentials(agent: Evaluated) -> bool:
    from agentkit import Agent

    return isinstance(agent, Agent) and isinstance(agent.model, str) and agent.client is None
