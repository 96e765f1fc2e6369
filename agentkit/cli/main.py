"""`agentkit`: the commands, and how every one of them ends.

Two rules for this file and the tops of its neighbours: nothing heavy is imported before a command runs, so that
`agentkit --help` answers at once; and whatever goes wrong ends in one sentence and an exit code, never a traceback.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import sys
from collections.abc import Sequence

from agentkit.cli import demo, run, simulate, tools
from agentkit.cli.exits import Exit, Stop
from agentkit.cli.terminal import clean
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
    for command in (demo, run, tools, simulate):
        command.add_to(commands, shared)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code. Usage errors that argparse finds exit with 2 by themselves."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a narrow terminal encoding is no reason to fail
    top = parser()
    args = top.parse_args(argv)
    try:
        if args.version:
            code = _print_version()
        elif args.command is None:
            top.print_help(sys.stderr)
            code = Exit.USAGE
        else:
            code = args.run(args)
        sys.stdout.flush()
    except KeyboardInterrupt:
        if args.debug:
            raise
        return _end("Interrupted.", Exit.INTERRUPTED)
    except BrokenPipeError:
        _forget_stdout()
        return _end("Whoever read this command's output closed it, so the command stopped.", Exit.FAILED)
    except (Stop, AgentkitError) as error:
        if args.debug:
            raise
        return _end(str(error), _code_of(error))
    return int(code)


def _print_version() -> Exit:
    from importlib.metadata import version

    print("agentkit", version("claude-agentkit"))
    return Exit.OK


def _code_of(error: Stop | AgentkitError) -> Exit:
    if isinstance(error, Stop):
        return error.code
    if isinstance(error, ConfigurationError):
        return Exit.CONFIGURATION
    return Exit.USAGE if isinstance(error, UsageError) else Exit.FAILED


def _end(sentence: str, code: Exit) -> int:
    with contextlib.suppress(OSError):
        print(f"agentkit: {clean(sentence)}", file=sys.stderr)
    return int(code)


def _forget_stdout() -> None:
    """Python flushes stdout once more at exit; what is left goes nowhere instead of raising again."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
