"""`agentkit simulate`: serve a local Messages API over HTTP, for any client that takes a base URL."""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, cast

from agentkit.cli.arguments.parsing import parse_port
from agentkit.cli.arguments.prompt_source import read_text_file
from agentkit.cli.commands.replaying import logging_replay, replay_summary
from agentkit.cli.terminal.encoding import print_log_line
from agentkit.cli.terminal.exit_codes import CommandError, ExitCode
from agentkit.cli.terminal.text import terminal_width
from agentkit.messages.printable import one_line, plural

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from agentkit.cli.arguments.parsing import Subparsers
    from agentkit.messages.message import JSONObject
    from agentkit.simulator import Reply, Responder, Simulator
    from agentkit.simulator.faults.plan import Faults
    from agentkit.simulator.http.wire import Server

_REPLY_FORMS = '{"text": ...}, {"tool": NAME, "input": {...}}, {"output": ...}, {"thinking": ...}, or a list of these'


def add_command(commands: Subparsers, shared: ArgumentParser) -> None:
    """Add the command to the command line."""
    from pathlib import Path

    parser = commands.add_parser("simulate", parents=[shared], help="serve a local Messages API", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=parse_port, default=8100, help="0 takes a free one (default: %(default)s)")
    source = parser.add_mutually_exclusive_group()
    source.add_argument(
        "--script", type=Path, metavar="FILE", help=f"a JSON list of replies, one a request: {_REPLY_FORMS}"
    )
    what = "what `agentkit record` wrote, a vcrpy cassette (.yaml), or a folder of these"
    source.add_argument("--recording", type=Path, metavar="FILE", help=f"answer from a recording: {what}")
    parser.add_argument("--lenient", action="store_true", help="answer unknown requests by the nearest recorded one")
    parser.add_argument(
        "--beta", action="append", metavar="NAME", default=[], help="take this `anthropic-beta`, too; may be repeated"
    )
    faults = parser.add_argument_group("faults", "failures to simulate, for example status:529 or cut:200+delay:0.5")
    faults.add_argument(
        "--fault",
        action="append",
        metavar="FAULT",
        help="the fault of the next request, or `none`; repeat it for the requests after that",
    )
    faults.add_argument("--fault-rate", type=float, metavar="SHARE", help="the share of requests with a fault, 0 to 1")
    faults.add_argument("--seed", type=int, default=0, help="makes random faults repeatable (default: 0)")
    faults.add_argument("--list-faults", action="store_true", help="list all faults, and exit")
    parser.set_defaults(run=run_simulator)


def run_simulator(args: Namespace) -> ExitCode:
    """Serve until Ctrl-C."""
    if args.list_faults:
        from agentkit.simulator.faults.parsing import describe_faults

        print(describe_faults())
        return ExitCode.OK
    faults = _planned_faults(args)
    if args.recording is not None and faults:
        raise CommandError(
            "Faults go with a script or the offline responder; a recording is answered as it was recorded."
        )
    if args.recording is not None:
        replay = logging_replay(args.recording, strict=not args.lenient)
        _serve_until_ctrl_c(replay, args)
        print_log_line(replay_summary(replay))
        return ExitCode.OK
    if args.lenient:
        raise CommandError("--lenient goes with --recording.")
    simulator = _logging_simulator(_choose_responder(args.script), faults, args.beta)
    _serve_until_ctrl_c(simulator, args)
    answered = plural(len(simulator.requests), "request")
    print_log_line(f"{answered} answered, {len(simulator.refusals)} refused.")
    return ExitCode.OK


def _serve_until_ctrl_c(server: Server, args: Namespace) -> None:
    import anyio

    from agentkit.simulator.http.http_server import serve_http

    async def serve() -> None:
        async with serve_http(server, args.host, args.port) as base_url:
            print_log_line(f"Serving {base_url} (Ctrl-C ends). Use it as base URL, with any key:")
            print_log_line(f"  agentkit run MODULE:AGENT PROMPT --base-url {base_url}")
            await anyio.sleep_forever()

    with suppress(KeyboardInterrupt):
        anyio.run(serve)


def _planned_faults(args: Namespace) -> Faults:
    from agentkit.simulator import Mix
    from agentkit.simulator.faults.plan import SURVIVABLE_FAULTS

    if args.fault_rate is None:
        return [None if fault == "none" else fault for fault in args.fault or ()]
    try:
        return Mix(args.fault_rate, args.seed, args.fault or SURVIVABLE_FAULTS)
    except ValueError as error:
        raise CommandError(f"--fault-rate: {error}.") from None


def _logging_simulator(responder: Responder, faults: Faults, betas: Sequence[str]) -> Simulator:
    """Return a simulator that prints a line on stderr for each request."""
    from agentkit.simulator import Simulator
    from agentkit.simulator.http.wire import ConnectionLost, Response

    class LoggingSimulator(Simulator):
        async def handle(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Response:
            refused = len(self.refusals)
            try:
                response = await super().handle(method, path, headers, body)
            except ConnectionLost:
                print_log_line(f"--- {method} {path}  the connection was dropped by a fault")
                raise
            said = f"{len(body):,} bytes"
            if response.status >= 400 and len(self.refusals) > refused:
                said = self.refusals[-1].message
            print_log_line(one_line(f"{response.status} {method} {path}  {said}", 2 * terminal_width(sys.stderr)))
            return response

    return LoggingSimulator(responder, faults, betas=betas)


def _choose_responder(script: Path | None) -> Responder:
    from agentkit.simulator import Script
    from agentkit.simulator.offline import OfflineResponder

    return OfflineResponder() if script is None else Script(*read_script(script))


def read_script(path: Path) -> list[Reply]:
    """Return the replies in a script file.

    Raises:
        CommandError: The file cannot be read, or is not a JSON list of replies that can be sent.
    """
    from agentkit.messages.unsendable import find_unsendable

    try:
        replies = json.loads(read_text_file(path))
    except ValueError as error:
        raise CommandError(f"{str(path)!r} is not JSON: {error}.") from None
    if not isinstance(replies, list) or not replies:
        raise CommandError(f"{str(path)!r} holds no replies: it has to be a JSON list of {_REPLY_FORMS}.")
    items = cast("list[object]", replies)
    if problem := find_unsendable(items):
        raise CommandError(f"{str(path)!r} holds {problem}.")
    return [_parse_reply(item, f"reply {number} of {str(path)!r}") for number, item in enumerate(items, 1)]


def _parse_reply(item: object, where: str) -> Reply:
    from agentkit.simulator import Reply

    if isinstance(item, list) and item:
        first, *rest = (_parse_reply(part, where) for part in cast("list[object]", item))
        return sum(rest, first)
    said = cast("JSONObject", item) if isinstance(item, dict) else {}
    arguments = said.get("input", {})
    if isinstance(name := said.get("tool"), str) and isinstance(arguments, dict):
        return Reply.tool(name, **cast("JSONObject", arguments))
    if isinstance(text := said.get("text"), str):
        return Reply.text(text)
    if isinstance(text := said.get("thinking"), str):
        return Reply.thinking(text)
    if "output" in said:
        return Reply.output(said["output"])
    raise CommandError(f"{where} is none of {_REPLY_FORMS}.")
