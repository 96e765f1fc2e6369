"""`agentkit record`: run a command with a proxy between it and the API, and record requests and replies in a file."""

from __future__ import annotations

import argparse
import os
import signal
from collections import Counter
from typing import TYPE_CHECKING

from agentkit.cli.terminal.encoding import print_log_line
from agentkit.cli.terminal.exit_codes import CommandError, ExitCode
from agentkit.messages.printable import plural, printable

if TYPE_CHECKING:
    from anyio.abc import Process

    from agentkit.cli.arguments.parsing import Subparsers
    from agentkit.simulator.recordings.proxy import RecordingProxy
    from agentkit.simulator.recordings.recorder import Recorder

_BASE_URL_VARIABLE = "ANTHROPIC_BASE_URL"
_FORWARDED_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_SIGNAL_EXIT_BASE = 128
"""Added to the number of the signal that ended a command, it is the exit code that shells report."""


def add_command(commands: Subparsers, shared: argparse.ArgumentParser) -> None:
    """Add the command to the command line."""
    from pathlib import Path

    parser = commands.add_parser(
        "record",
        parents=[shared],
        help="run a command and record its traffic with the API",
        description=__doc__,
        epilog="The command finds the proxy by ANTHROPIC_BASE_URL, as every official SDK does. `agentkit simulate "
        "--recording FILE` plays the recording. No key is written to the file.",
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FILE",
        default=Path("recording.jsonl"),
        help="where to add what is recorded (default: %(default)s)",
    )
    parser.add_argument(
        "--upstream", metavar="URL", help=f"who answers (default: {_BASE_URL_VARIABLE}, or the Claude API)"
    )
    parser.add_argument("arguments", nargs=argparse.REMAINDER, metavar="-- COMMAND ...", help="what to run")
    parser.set_defaults(run=record_command)


def record_command(args: argparse.Namespace) -> int:
    """Run the command to its end, and return its exit code."""
    import anyio

    from agentkit.simulator.recordings.proxy import API_URL, RecordingProxy
    from agentkit.simulator.recordings.recorder import Recorder

    command: list[str] = args.arguments[1:] if args.arguments[:1] == ["--"] else args.arguments
    if not command:
        raise CommandError("There is nothing to run: agentkit record -- COMMAND ...")
    proxy = RecordingProxy(Recorder(args.output), args.upstream or os.environ.get(_BASE_URL_VARIABLE) or API_URL)
    try:
        return anyio.run(_run_recorded, proxy, command)
    finally:
        _print_summary(proxy.recorder)


async def _run_recorded(proxy: RecordingProxy, command: list[str]) -> int:
    import anyio

    code = 0
    is_interrupted = False
    async with proxy.serve() as base_url:
        with anyio.open_signal_receiver(*_FORWARDED_SIGNALS) as signals:
            process = await _start_process(command, _command_environment(base_url))
            async with process, anyio.create_task_group() as tasks:

                async def forward() -> None:
                    nonlocal is_interrupted
                    async for number in signals:
                        is_interrupted = is_interrupted or number == signal.SIGINT
                        _forward_signal(process, number)

                tasks.start_soon(forward)
                code = await process.wait()
                tasks.cancel_scope.cancel()
    if is_interrupted:
        return ExitCode.INTERRUPTED
    return code if code >= 0 else _SIGNAL_EXIT_BASE - code


def _command_environment(base_url: str) -> dict[str, str]:
    """Return the command's environment: the recording proxy is its API, and is reached without any other proxy."""
    direct = os.environ.get("no_proxy") or os.environ.get("NO_PROXY")
    direct = f"{direct},127.0.0.1" if direct else "127.0.0.1"
    return {**os.environ, _BASE_URL_VARIABLE: base_url, "NO_PROXY": direct, "no_proxy": direct}


async def _start_process(command: list[str], environment: dict[str, str]) -> Process:
    import anyio

    try:
        return await anyio.open_process(command, stdin=None, stdout=None, stderr=None, env=environment)
    except OSError as error:
        raise CommandError(f"{command[0]!r} cannot be run: {error.strerror or error}.") from None


def _forward_signal(process: Process, number: signal.Signals) -> None:
    """Pass a signal on, except a Ctrl-C that the terminal has sent to the whole process group already."""
    if number == signal.SIGINT and _is_terminal_foreground():
        return
    process.send_signal(number)


def _is_terminal_foreground() -> bool:
    """True if this process group is the foreground group of the terminal, which receives its Ctrl-C."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)


def _print_summary(recorder: Recorder) -> None:
    print_log_line(f"agentkit: {plural(recorder.recorded, 'exchange')} recorded to {recorder.path}")
    for sentence, count in Counter(recorder.lost).items():
        times = f" ({count} times)" if count > 1 else ""
        print_log_line(f"agentkit: not recorded: {printable(sentence)}{times}")
