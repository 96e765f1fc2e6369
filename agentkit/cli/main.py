"""Entry point of `agentkit`: the argument parser with all commands, and the exit code of every error.

Two rules for this file and for the module level of the commands: nothing heavy is imported before a command runs, so
that `agentkit --help` is fast; and every error ends in one sentence and an exit code, never in a traceback.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import os
import sys
from collections.abc import Sequence
from typing import cast

from agentkit.cli.arguments.parsing import decode_text_arguments
from agentkit.cli.chat import command as chat
from agentkit.cli.commands import demo, local, mail, mcp, profile, read, record, run, simulate, tools
from agentkit.cli.doctor import command as doctor
from agentkit.cli.evals import compare_command, eval_command
from agentkit.cli.guard import command as guard
from agentkit.cli.runs import command as runs
from agentkit.cli.terminal.encoding import discard, escape_unencodable
from agentkit.cli.terminal.exit_codes import CommandError, ExitCode, describe_error
from agentkit.cli.terminal.log_lines import shown_log_lines
from agentkit.cli.terminal.printing import print_message
from agentkit.errors import AgentkitError, BudgetExceeded, ConfigurationError, UsageError

_DESCRIPTION = "Tool-using agents on Claude: run them, look at their tools, try everything without a key."
_WITH_DISPLAY = ("run", "chat", "demo", "read", "profile", "runs", "guard", "eval", "compare")
"""Commands that show a run, unless they print JSON."""
_EXIT_CODES = """\
exit codes: 0 ok, 1 the run failed, 2 usage, 3 configuration or credentials,
4 budget or limit, 130 interrupted. Data is on stdout, everything else on stderr."""


def build_parser() -> argparse.ArgumentParser:
    """Build the argument parser with all commands."""
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
    with_agents = (demo, run, chat, read, mail, profile, runs, guard, eval_command, compare_command)
    for command in (*with_agents, tools, mcp, simulate, record, local, doctor):
        command.add_command(commands, shared)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code.

    Args:
        argv: The arguments without the program's name. None: those of this process.

    Raises:
        SystemExit: argparse has found a usage error (code 2) or printed a help text (code 0).
    """
    _reopen_closed_streams()
    escape_unencodable()  # a narrow terminal encoding is no reason to fail
    top = build_parser()
    args = top.parse_args(argv)
    has_display = args.command in _WITH_DISPLAY and not getattr(args, "json", False)
    try:
        decode_text_arguments(args)
        with shown_log_lines(is_debug=args.debug, has_display=has_display):
            code = _print_version() if args.version else _run_command(top, args)
            sys.stdout.flush()
    except (KeyboardInterrupt, Exception) as error:
        if args.debug:
            raise
        return _print_error(*_message_and_exit_code(error))
    return int(code)


def _run_command(top: argparse.ArgumentParser, args: argparse.Namespace) -> ExitCode:
    if args.command is None:
        top.print_help(sys.stderr)
        return ExitCode.USAGE
    code: ExitCode = args.run(args)
    return code


def _print_version() -> ExitCode:
    from importlib.metadata import version

    print("agentkit", version("claude-agentkit"))
    return ExitCode.OK


def _message_and_exit_code(error: BaseException) -> tuple[str, ExitCode]:
    """Return the sentence to print for an error, and the exit code."""
    while isinstance(error, BaseExceptionGroup):  # anyio's task groups wrap the error
        error = cast("BaseExceptionGroup[BaseException]", error).exceptions[0]
    if isinstance(error, KeyboardInterrupt):
        return "Interrupted.", ExitCode.INTERRUPTED
    if isinstance(error, BrokenPipeError):
        discard(sys.stdout)
        return "Whoever read this command's output closed it, so the command stopped.", ExitCode.FAILED
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        discard(sys.stdout)
        return "There is no space left for this command's output.", ExitCode.FAILED
    if isinstance(error, CommandError):
        return str(error), error.code
    if isinstance(error, ConfigurationError):
        return str(error), ExitCode.CONFIGURATION
    if isinstance(error, BudgetExceeded):
        return str(error), ExitCode.LIMIT
    if isinstance(error, AgentkitError):
        return str(error), ExitCode.USAGE if isinstance(error, UsageError) else ExitCode.FAILED
    return f"{describe_error(error)}; --debug shows the traceback.", ExitCode.FAILED


def _print_error(sentence: str, code: ExitCode) -> int:
    from agentkit.redaction.credentials import credentials_of_environment
    from agentkit.redaction.redactor import Redactor, text_without_secrets

    sentence = Redactor.of((), credentials_of_environment()).text(text_without_secrets(sentence))
    with contextlib.suppress(OSError):
        print_message(f"agentkit: {sentence}", "red")
    return int(code)


def _reopen_closed_streams() -> None:
    """Replace stdout and stderr by the null device where a shell closed them (`>&-`): Python then has None there."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123 - open until the process ends


if __name__ == "__main__":
    sys.exit(main())
