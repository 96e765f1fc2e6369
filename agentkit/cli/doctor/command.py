"""`agentkit doctor`: check the installation, the connection to the server, and which features the server supports."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentTypeError
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from agentkit.cli.arguments.connection import add_base_url, client_at
from agentkit.cli.terminal.exits import Exit

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from anthropic import AsyncAnthropic

    from agentkit.cli.arguments.parsing import Commands
    from agentkit.cli.doctor.finding import Finding
    from agentkit.cli.doctor.probes import Probe
    from agentkit.cli.doctor.wire import Target

    Show: TypeAlias = Callable[[Finding], None]
    """Called with each finding as soon as the check is done."""

T = TypeVar("T")

_TIMEOUT_S = 20.0
_MOST_TIMEOUT_S = 3_600


def add_to(commands: Commands, shared: ArgumentParser) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "doctor", parents=[shared], help="check what is installed and what a server supports", description=__doc__
    )
    add_base_url(parser)
    parser.add_argument("--model", metavar="ID", help="the model to probe; default: the cheapest, or the first")
    parser.add_argument(
        "--probe",
        action="store_true",
        help="probe the Claude API too, with a dozen tiny requests that cost next to nothing",
    )
    parser.add_argument(
        "--timeout", type=_seconds, default=_TIMEOUT_S, metavar="S", help="seconds for each check (default: 20)"
    )
    parser.add_argument("--json", action="store_true", help="one line of JSON a check")
    parser.set_defaults(run=run)


def run(args: Namespace) -> Exit:
    """Run all checks in order; findings go to stdout as they come."""
    import anyio

    from agentkit.cli.doctor.setup import check_setup

    findings: list[Finding] = []

    def show(finding: Finding) -> None:
        findings.append(finding)
        print(json.dumps(finding.to_json(), ensure_ascii=False) if args.json else finding.line(), flush=True)

    for finding in check_setup(datetime.now(UTC).date()):
        show(finding)
    anyio.run(_examine, args, show)
    print(_summary(findings), file=sys.stderr)
    return _exit_of(findings)


async def _examine(args: Namespace, show: Show) -> None:
    """Check the connection to the server, and then the features that it supports."""
    from agentkit.cli.doctor import access
    from agentkit.cli.doctor.wire import NoAnswer, Target, exchange

    client, finding = _client(args)
    show(finding)
    async with client:
        address = str(client.base_url.copy_with(userinfo=b"")).rstrip("/")  # the URL may contain a password
        try:
            models = await _in_time(exchange(client, "GET", "/v1/models"), args.timeout)
        except NoAnswer as error:
            show(access.check_unreachable(address, str(error)))
            return
        show(access.check_answered(address, models))
        is_first_party = access.is_first_party(client)
        show(access.check_key(models) if is_first_party else access.check_models(models))
        if is_first_party and not (args.probe and models.status == 200):
            print("agentkit: what the Claude API supports is probed with --probe only.", file=sys.stderr)
            return
        model = access.model_to_ask(args.model, access.model_names(models))
        await _probe(Target(client, model), args.timeout, show)


async def _probe(target: Target, timeout_s: float, show: Show) -> None:
    """Run the probes in order. All of them need plain messages: if these fail, the others are not tried."""
    from agentkit.cli.doctor.finding import Status, unknown
    from agentkit.cli.doctor.probes import PROBES, message

    first = await _tried("message", message, target, timeout_s)
    show(first)
    is_useless = first.is_access or first.status is Status.UNKNOWN
    for name, probe in PROBES:
        show(unknown(name, "not tried.") if is_useless else await _tried(name, probe, target, timeout_s))


async def _tried(name: str, probe: Probe, target: Target, timeout_s: float) -> Finding:
    from agentkit.cli.doctor.finding import unknown
    from agentkit.cli.doctor.wire import NoAnswer

    try:
        return await _in_time(probe(name, target), timeout_s)
    except NoAnswer as error:
        return unknown(name, f"{error}.")


async def _in_time(work: Awaitable[T], timeout_s: float) -> T:
    """Await work under a total time limit, which also ends a response that arrives byte by byte.

    Raises:
        NoResponse: The time limit has passed.
    """
    import anyio

    from agentkit.cli.doctor.wire import NoAnswer

    try:
        with anyio.fail_after(timeout_s):
            return await work
    except TimeoutError:
        raise NoAnswer(f"no answer within {timeout_s:g} s") from None


def _client(args: Namespace) -> tuple[AsyncAnthropic, Finding]:
    """Return the client that agents would use, without retries, and the finding about its credentials."""
    from anthropic import AnthropicError, AsyncAnthropic

    from agentkit.cli.doctor.access import check_credentials, check_unusable, is_first_party

    try:
        found = client_at(args.base_url) if args.base_url else AsyncAnthropic()
    except AnthropicError as error:
        found, finding = AsyncAnthropic(api_key="none"), check_unusable(str(error))
    else:
        finding = check_credentials(found, are_needed=is_first_party(found))
    if found.api_key is None and found.auth_token is None and found.credentials is None:
        found = AsyncAnthropic(api_key="none")
    # Each request has its own connection, so that one which the server closes between two requests fails neither.
    alone = {"connection": "close"}
    return found.with_options(max_retries=0, timeout=args.timeout, default_headers=alone), finding


def _exit_of(findings: Iterable[Finding]) -> Exit:
    problems = [finding for finding in findings if finding.status == "problem"]
    if any(finding.is_access for finding in problems):
        return Exit.CONFIGURATION
    return Exit.FAILED if problems else Exit.OK


def _summary(findings: Iterable[Finding]) -> str:
    from agentkit.cli.doctor.finding import Status
    from agentkit.cli.terminal.text import plural

    counts = Counter(finding.status for finding in findings)
    named = [plural(counts[status], str(status)) for status in (Status.PROBLEM, Status.WARNING)]
    return ", ".join([*named, f"{counts[Status.UNKNOWN]} unknown", f"{counts[Status.OK]} ok"])


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0
    if not 0 < seconds < _MOST_TIMEOUT_S:
        raise ArgumentTypeError(f"{text!r} is no number of seconds")
    return seconds
