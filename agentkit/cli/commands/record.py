"""`agentkit record`: run a command with a proxy between it and the API, and record requests and replies in a file."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections import Counter
from typing import TYPE_CHECKING

from agentkit.cli.terminal.exits import Exit, Stop
from agentkit.cli.terminal.text import clean, plural

if TYPE_CHECKING:
    from anyio.abc import Process

    from agentkit.cli.arguments.parsing import Commands
    from agentkit.simulator.recordings.proxy import RecordingProxy
    from agentkit.simulator.recordings.recorder import Recorder

_BASE_URL = "ANTHROPIC_BASE_URL"
_FORWARDED = (signal.SIGINT, signal.SIGTERM)
_KILLED = 128
"""Added to the number of the signal that ended a command, it is the exit code that shells report."""


def add_to(commands: Commands, shared: argparse.ArgumentParser) -> None:
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
    parser.add_argument("--upstream", metavar="URL", help=f"who answers (default: {_BASE_URL}, or the Claude API)")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, metavar="-- COMMAND ...", help="what to run")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command to its end, and return its exit code."""
    import anyio

    from agentkit.simulator.recordings.proxy import API, RecordingProxy
    from agentkit.simulator.recordings.recorder import Recorder

    command: list[str] = args.arguments[1:] if args.arguments[:1] == ["--"] else args.arguments
    if not command:
        raise Stop("There is nothing to run: agentkit record -- COMMAND ...")
    proxy = RecordingProxy(Recorder(args.output), args.upstream or os.environ.get(_BASE_URL) or API)
    try:
        return anyio.run(_run, proxy, command)
    finally:
        _say(proxy.recorder)


async def _run(proxy: RecordingProxy, command: list[str]) -> int:
    import anyio

    code = 0
    is_interrupted = False
    async with proxy.serve() as base_url:
        with anyio.open_signal_receiver(*_FORWARDED) as signals:
            process = await _start(command, _environment(base_url))
            async with process, anyio.create_task_group() as tasks:

                async def forward() -> None:
                    nonlocal is_interrupted
                    async for number in signals:
                        is_interrupted = is_interrupted or number == signal.SIGINT
                        _forward(process, number)

                tasks.start_soon(forward)
                code = await process.wait()
                tasks.cancel_scope.cancel()
    if is_interrupted:
        return Exit.INTERRUPTED
    return code if code >= 0 else _KILLED - code


def _environment(base_url: str) -> dict[str, str]:
    """Return the command's environment: the recording proxy is its API, and is reached without any other proxy."""
    direct = os.environ.get("no_proxy") or os.environ.get("NO_PROXY")
    direct = f"{direct},127.0.0.1" if direct else "127.0.0.1"
    return {**os.environ, _BASE_URL: base_url, "NO_PROXY": direct, "no_proxy": direct}


async def _start(command: list[str], environment: dict[str, str]) -> Process:
    import anyio

    try:
        return await anyio.open_process(command, stdin=None, stdout=None, stderr=None, env=environment)
    except OSError as error:
        raise Stop(f"{command[0]!r} cannot be run: {error.strerror or error}.") from None


def _forward(process: Process, number: signal.Signals) -> None:
    """Pass a signal on, except a Ctrl-C that the terminal has sent to the whole process group already."""
    if number == signal.SIGINT and _is_from_terminal():
        return
    process.send_signal(number)


def _is_from_terminal() -> bool:
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


def _say(recorder: Recorder) -> None:
    print(f"agentkit: {plural(recorder.recorded, 'exchange')} recorded to {recorder.path}", file=sys.stderr)
    for sentence, count in Counter(recorder.lost).items():
        times = f" ({count} times)" if count > 1 else ""
        print(f"agentkit: not recorded: {clean(sentence)}{times}", file=sys.stderr)
