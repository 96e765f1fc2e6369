"""`agentkit`: the commands, and how every one of them ends.

Two rules for this file and the tops of its neighbours: nothing heavy is imported before a command runs, so that
`agentkit --help` answers at once; and whatever goes wrong ends in one sentence and an exit code, never a traceback.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import io
import os
import sys
from collections.abc import Sequence
from typing import cast

from agentkit.cli.chat import command as chat
from agentkit.cli.commands import demo, local, mcp, record, run, simulate, tools
from agentkit.cli.doctor import command as doctor
from agentkit.cli.terminal.exits import Exit, Stop, told
from agentkit.cli.terminal.text import clean
from agentkit.errors import AgentkitError, ConfigurationError, UsageError

_DESCRIPTION = "Tool-using agents on Claude: run them, look at their tools, try everything without a key."
_EXIT_CODES = """\
exit codes: 0 ok, 1 the run failed, 2 usage, 3 configuration or credentials,
4 budget or limit, 130 interrupted. Data is on stdout, everything else on stderr."""


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = argparse.ArgumentParser(
        prog="agentkit",
        description=_DESCRIPTION,
        epilog=_EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="store_true", help="print the version and exit")
    top.add_argument("--debug", action="store_true", default=False, help="show tracebacks")
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    commands = top.add_subparsers(title="commands", dest="command", metavar="COMMAND")
    for command in (demo, run, chat, tools, mcp, simulate, record, local, doctor):
        command.add_to(commands, shared)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code. Usage errors that argparse finds exit with 2 by themselves."""
    _open_what_is_closed()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a narrow terminal encoding is no reason to fail
    top = parser()
    args = top.parse_args(argv)
    try:
        code = _print_version() if args.version else _run(top, args)
        sys.stdout.flush()
    except (KeyboardInterrupt, Exception) as error:
        if args.debug:
            raise
        return _end(*_sentence(error))
    return int(code)


def _run(top: argparse.ArgumentParser, args: argparse.Namespace) -> Exit:
    if args.command is None:
        top.print_help(sys.stderr)
        return Exit.USAGE
    code: Exit = args.run(args)
    return code


def _print_version() -> Exit:
    from importlib.metadata import version

    print("agentkit", version("claude-agentkit"))
    return Exit.OK


def _sentence(error: BaseException) -> tuple[str, Exit]:
    """What is said of an error, and the exit code that it stands for."""
    while isinstance(error, BaseExceptionGroup):  # what a task group makes of an error
        error = cast("BaseExceptionGroup[BaseException]", error).exceptions[0]
    if isinstance(error, KeyboardInterrupt):
        return "Interrupted.", Exit.INTERRUPTED
    if isinstance(error, BrokenPipeError):
        _forget_stdout()
        return "Whoever read this command's output closed it, so the command stopped.", Exit.FAILED
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        _forget_stdout()
        return "There is no space left for this command's output.", Exit.FAILED
    if isinstance(error, Stop):
        return str(error), error.code
    if isinstance(error, ConfigurationError):
        return str(error), Exit.CONFIGURATION
    if isinstance(error, AgentkitError):
        return str(error), Exit.USAGE if isinstance(error, UsageError) else Exit.FAILED
    return f"{told(error)}; --debug shows the traceback.", Exit.FAILED


def _end(sentence: str, code: Exit) -> int:
    with contextlib.suppress(OSError):
        print(f"agentkit: {clean(sentence)}", file=sys.stderr)
    return int(code)


def _open_what_is_closed() -> None:
    """A shell may start a command with stdout or stderr closed (`>&-`); Python then has None in their place."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123 - open to the end


def _forget_stdout() -> None:
    """Python flushes stdout once more at exit; what is left goes nowhere instead of raising again."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
