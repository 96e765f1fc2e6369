"""`agentkit doctor`: check the installation, the connection to the server, and which features the server supports."""

from __future__ import annotations

import json
import os
import ssl
import sys
from argparse import ArgumentTypeError
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from agentkit.cli.arguments.connection import add_base_url_option, sdk_client_for_url
from agentkit.cli.terminal.exit_codes import ExitCode

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from anthropic import AsyncAnthropic
    from httpx2 import AsyncClient

    from agentkit.cli.arguments.parsing import Subparsers
    from agentkit.cli.doctor.finding import Finding
    from agentkit.cli.doctor.http_exchange import Target
    from agentkit.cli.doctor.probes import Probe

    ShowFinding: TypeAlias = Callable[[Finding], None]
    """Called with each finding as soon as the check is done."""

T = TypeVar("T")

_TIMEOUT_S = 20.0
_MAX_TIMEOUT_S = 3_600


def add_command(commands: Subparsers, shared: ArgumentParser) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "doctor", parents=[shared], help="check what is installed and what a server supports", description=__doc__
    )
    add_base_url_option(parser)
    parser.add_argument("--model", metavar="ID", help="the model to probe; default: the cheapest, or the first")
    parser.add_argument(
        "--probe",
        action="store_true",
        help="probe the Claude API too, with a dozen tiny requests that cost next to nothing",
    )
    parser.add_argument(
        "--timeout", type=_parse_timeout, default=_TIMEOUT_S, metavar="S", help="seconds for each check (default: 20)"
    )
    parser.add_argument("--json", action="store_true", help="one line of JSON a check")
    parser.set_defaults(run=run_doctor)


def run_doctor(args: Namespace) -> ExitCode:
    """Run all checks in order; findings go to stdout as they come."""
    import anyio

    from agentkit.cli.doctor.setup import check_setup

    findings: list[Finding] = []

    def show(finding: Finding) -> None:
        findings.append(finding)
        print(json.dumps(finding.to_json(), ensure_ascii=False) if args.json else finding.to_line(), flush=True)

    for finding in check_setup(datetime.now(UTC).date()):
        show(finding)
    anyio.run(_check_server, args, show)
    print(_status_counts(findings), file=sys.stderr)
    return _exit_code_of_findings(findings)


async def _check_server(args: Namespace, show: ShowFinding) -> None:
    """Check the connection to the server, and then the features that it supports."""
    from agentkit.cli.doctor import access
    from agentkit.cli.doctor.http_exchange import NoResponse, Target, send_request

    http_client, unusable = _http_client_without_authorities()
    if unusable is not None:
        show(unusable)
    client, finding = _client_and_credentials(args, http_client)
    show(finding)
    show(access.check_way(os.environ, args.base_url))
    async with client:
        address = str(client.base_url.copy_with(userinfo=b"")).rstrip("/")  # the URL may contain a password
        try:
            models = await _within_timeout(send_request(client, "GET", "/v1/models"), args.timeout)
        except NoResponse as error:
            show(access.unreachable_server(address, error))
            return
        if models.status == 404 and (unknown_path := await _check_path(client, address, args.timeout)) is not None:
            show(unknown_path)
            return
        show(access.reachable_server(address, models))
        is_first_party = access.is_first_party(client)
        show(access.check_authentication(models) if is_first_party else access.check_models(models))
        if is_first_party and not (args.probe and models.status == 200):
            print("agentkit: what the Claude API supports is probed with --probe only.", file=sys.stderr)
            return
        model = access.choose_model(args.model, access.model_names(models))
        await _run_probes(Target(client, model), args.timeout, show)


async def _check_path(client: AsyncAnthropic, address: str, timeout_s: float) -> Finding | None:
    """Check the path of the address with a request that is refused, so it costs nothing. None: it seems right."""
    from agentkit.cli.doctor.access import check_path
    from agentkit.cli.doctor.http_exchange import MESSAGES_PATH, NoResponse, send_request

    try:
        answer = await _within_timeout(send_request(client, "POST", MESSAGES_PATH, {"max_tokens": 1}), timeout_s)
    except NoResponse:
        return None
    return check_path(address, answer)


async def _run_probes(target: Target, timeout_s: float, show: ShowFinding) -> None:
    """Run the probes in order. All of them need plain messages: if these fail, the others are not tried."""
    from agentkit.cli.doctor.finding import Status, unknown
    from agentkit.cli.doctor.probes import PROBES, probe_message

    first = await _run_probe("message", probe_message, target, timeout_s)
    show(first)
    is_useless = first.is_access or first.status is Status.UNKNOWN
    for name, probe in PROBES:
        show(unknown(name, "not tried.") if is_useless else await _run_probe(name, probe, target, timeout_s))


async def _run_probe(name: str, probe: Probe, target: Target, timeout_s: float) -> Finding:
    from agentkit.cli.doctor.finding import unknown
    from agentkit.cli.doctor.http_exchange import NoResponse

    try:
        return await _within_timeout(probe(name, target), timeout_s)
    except NoResponse as error:
        return unknown(name, f"{error}.")


async def _within_timeout(work: Awaitable[T], timeout_s: float) -> T:
    """Await work under a total time limit, which also ends a response that arrives byte by byte.

    Raises:
        NoResponse: The time limit has passed.
    """
    import anyio

    from agentkit.cli.doctor.http_exchange import NoResponse

    try:
        with anyio.fail_after(timeout_s):
            return await work
    except TimeoutError:
        raise NoResponse(f"no answer within {timeout_s:g} s") from None


def _http_client_without_authorities() -> tuple[AsyncClient | None, Finding | None]:
    """Return what carries requests if the certificates that the environment names cannot be used; None: they can."""
    from agentkit.cli.doctor.access import unusable_authorities
    from agentkit.models.endpoint_errors import EndpointError
    from agentkit.models.sdk.client import check_authorities

    try:
        check_authorities()
    except EndpointError as error:
        from anthropic import DefaultAsyncHttpxClient

        trusts_nobody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        return DefaultAsyncHttpxClient(verify=trusts_nobody), unusable_authorities(error)
    return None, None


def _client_and_credentials(args: Namespace, http_client: AsyncClient | None) -> tuple[AsyncAnthropic, Finding]:
    """Return the client that agents would use, without retries, and the finding about its credentials."""
    from anthropic import AnthropicError, AsyncAnthropic

    from agentkit.cli.doctor.access import check_credentials, is_first_party, unusable_credentials

    try:
        found = (
            sdk_client_for_url(args.base_url, http_client) if args.base_url else AsyncAnthropic(http_client=http_client)
        )
    except AnthropicError as error:
        found, finding = AsyncAnthropic(api_key="none", http_client=http_client), unusable_credentials(str(error))
    else:
        finding = check_credentials(found, are_needed=is_first_party(found), is_server_given=args.base_url is not None)
    if found.api_key is None and found.auth_token is None and found.credentials is None:
        found = AsyncAnthropic(api_key="none", http_client=http_client)
    # Each request has its own connection, so that one which the server closes between two requests fails neither.
    alone = {"connection": "close"}
    return found.with_options(max_retries=0, timeout=args.timeout, default_headers=alone), finding


def _exit_code_of_findings(findings: Iterable[Finding]) -> ExitCode:
    problems = [finding for finding in findings if finding.status == "problem"]
    if any(finding.is_access for finding in problems):
        return ExitCode.CONFIGURATION
    return ExitCode.FAILED if problems else ExitCode.OK


def _status_counts(findings: Iterable[Finding]) -> str:
    from agentkit.cli.doctor.finding import Status
    from agentkit.messages.printable import plural

    counts = Counter(finding.status for finding in findings)
    named = [plural(counts[status], str(status)) for status in (Status.PROBLEM, Status.WARNING)]
    return ", ".join([*named, f"{counts[Status.UNKNOWN]} unknown", f"{counts[Status.OK]} ok"])


def _parse_timeout(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0
    if not 0 < seconds < _MAX_TIMEOUT_S:
        raise ArgumentTypeError(f"{text!r} is no number of seconds")
    return seconds
