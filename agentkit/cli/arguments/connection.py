"""Clients for a command's agents: the Claude API, a server of your own, or the offline responder."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from agentkit.cli.terminal.exit_codes import CommandError, ExitCode
from agentkit.cli.terminal.printing import print_message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anthropic import AsyncAnthropic
    from httpx2 import AsyncClient

    from agentkit import Agent
    from agentkit.models.direct.way import Way
    from agentkit.models.overriding_client import Client
    from agentkit.run.agent_spec import AnySpec

_DUMMY_KEY = "unused"
OFFLINE_NOTE = "offline: no language model answers, passages are found and quoted"


def add_base_url_option(parser: ArgumentParser) -> None:
    """Add the option `--base-url`."""
    parser.add_argument("--base-url", metavar="URL", help="a server that speaks /v1/messages, without the /v1")


def require_credentials(alternative: str = "") -> None:
    """Check that there are credentials for the Claude API, in the environment or where the SDK finds them.

    Args:
        alternative: Another way to go on without them, appended to the message.

    Raises:
        CommandError: There are no credentials, or the SDK cannot use them.
    """
    from agentkit.models.direct.proxies import find_proxies
    from agentkit.models.direct.way import DirectWay, choose_way

    if isinstance(choose_way(os.environ, find_proxies(os.environ)), DirectWay):
        return  # with a credential that needs no SDK, whose import would take most of the time to the first word
    from anthropic import AnthropicError, AsyncAnthropic

    from agentkit.models.sdk.client import check_authorities

    check_authorities()
    try:
        client = AsyncAnthropic()
    except AnthropicError as error:
        raise CommandError(
            f"The credentials for the Claude API cannot be used: {error}", ExitCode.CONFIGURATION
        ) from error
    if client.api_key is None and client.auth_token is None and client.credentials is None:
        is_own = os.environ.get("ANTHROPIC_BASE_URL")
        value = ", to any value if the server of ANTHROPIC_BASE_URL asks for none" if is_own else ""
        raise CommandError(
            f"No credentials for the Claude API: set ANTHROPIC_API_KEY{value}, or name a server with "
            f"--base-url{alternative}.",
            ExitCode.CONFIGURATION,
        )


def client_for_url(base_url: str) -> Client:
    """Return a client for the server at `base_url`; without a key in the environment it sends a dummy key.

    Raises:
        CommandError: `base_url` is no HTTP address.
    """
    from agentkit.models.direct.client import DirectClient
    from agentkit.models.direct.way import DirectWay

    way = way_to_url(base_url, os.environ)
    return DirectClient(way) if isinstance(way, DirectWay) else sdk_client_for_url(base_url)


def way_to_url(base_url: str, environment: Mapping[str, str]) -> Way:
    """Return the way to the server at `base_url`. Raises CommandError: it is no HTTP address."""
    from agentkit.models.direct.proxies import find_proxies
    from agentkit.models.direct.way import KEY, choose_way

    dummy = {} if _has_credential(environment) else {KEY: _DUMMY_KEY}
    there = {**environment, **dummy, "ANTHROPIC_BASE_URL": _server_address(base_url)}
    return choose_way(there, find_proxies(environment))


def sdk_client_for_url(base_url: str, http_client: AsyncClient | None = None) -> AsyncAnthropic:
    """Return a client of the SDK for the server at `base_url`.

    Args:
        base_url: The address of the server.
        http_client: What carries the requests. None: the SDK's own one.

    Raises:
        CommandError: `base_url` is no HTTP address.
        EndpointError: The certificates that the environment names cannot be used.
    """
    from anthropic import AsyncAnthropic

    from agentkit.models.sdk.client import check_authorities

    if http_client is None:
        check_authorities()
    key = None if _has_credential(os.environ) else _DUMMY_KEY  # None: the SDK finds it
    return AsyncAnthropic(base_url=_server_address(base_url), api_key=key, http_client=http_client)


def _has_credential(environment: Mapping[str, str]) -> bool:
    from agentkit.models.direct.way import CREDENTIAL_VARIABLES

    return any(environment.get(name) for name in CREDENTIAL_VARIABLES)


def _server_address(base_url: str) -> str:
    """Return the base URL without the `/v1` that some give with it. Raises CommandError: it is no HTTP address."""
    try:
        parts = urlsplit(base_url)
        is_address = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port is None or True)
    except ValueError:  # the port is no number
        is_address = False
    if not is_address:
        raise CommandError(f"--base-url {base_url!r} is no address: write it as http://127.0.0.1:8100.")
    return base_url.rstrip("/").removesuffix("/v1")


def choose_client(args: Namespace, agent: Agent[object, object, object]) -> Client | None:
    """Return the client for all agents of a run; None: each agent keeps its own, or the default one.

    Raises:
        CommandError: Options exclude each other, or there are no credentials.
    """
    if args.offline and args.base_url:
        raise CommandError("--offline and --base-url exclude each other: one of them answers.")
    if args.allow_effects and not args.offline:
        raise CommandError("--allow-effects goes with --offline: a real model may call every tool of its agent anyway.")
    if args.base_url:
        return client_for_url(args.base_url)
    if args.offline:
        return offline_client(agent, allow_effects=args.allow_effects)
    if isinstance(args.model or agent.model, str) and agent.client is None:
        require_credentials(", or try it with --offline")
    return None


def client_without_agent(args: Namespace, offline_note: str = OFFLINE_NOTE) -> Client | None:
    """Return the client of a command that brings its own agents; None: the default one.

    Args:
        args: The command line, with `offline` and `base_url`.
        offline_note: What to say where the offline responder answers.

    Raises:
        CommandError: Options exclude each other, or there are no credentials.
    """
    if args.offline and args.base_url:
        raise CommandError("--offline and --base-url exclude each other: one of them answers.")
    if args.base_url:
        return client_for_url(args.base_url)
    if args.offline:
        print_message(f"agentkit: {offline_note}")
        return offline_client(None)
    require_credentials(", or try it with --offline")
    return None


def offline_client(agent: Agent[object, object, object] | None, *, allow_effects: bool = False) -> Client:
    """Return a client of the offline responder, which is no language model.

    Args:
        agent: The root agent. None: agents without tools.
        allow_effects: Let it call every tool. False: only tools of effect `read`, and agents that reach no others.
    """
    from agentkit.simulator import Simulator
    from agentkit.simulator.offline import OfflineResponder

    allowed_tools = None if allow_effects or agent is None else read_only_tools(agent)
    return Simulator(OfflineResponder(allowed_tools=allowed_tools)).direct_client()


def read_only_tools(agent: Agent[object, object, object]) -> frozenset[str]:
    """Return the tool names that stand for a tool of effect `read` in every agent at and below `agent`."""
    from agentkit.run.delegate import delegates_of

    names: dict[str, bool] = {}
    agents: list[AnySpec] = [agent]
    seen: set[int] = set()
    while agents:
        current = agents.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        for name, tool in current.agent_tools.tools.items():
            names[name] = names.get(name, True) and tool.effect == "read"
            agents += [delegate.agent for delegate in delegates_of(tool)]
    return frozenset(name for name, is_read in names.items() if is_read)
