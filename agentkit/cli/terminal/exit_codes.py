"""Exit codes of the commands, and the exception that ends a command with one sentence."""

from __future__ import annotations

import traceback
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentkit import RunResult


class ExitCode(IntEnum):
    """The exit codes of every command."""

    OK = 0
    FAILED = 1
    """The run, or the tool, did not succeed."""
    USAGE = 2
    """The command line, or a file or module that it names, is wrong."""
    CONFIGURATION = 3
    """Credentials, a model id or an address is missing or wrong."""
    LIMIT = 4
    """A budget or a limit ended the run."""
    INTERRUPTED = 130
    """Ctrl-C."""


class CommandError(Exception):
    """Ends the command with one sentence on stderr. Raise it for errors that the user of the command can correct.

    Args:
        sentence: The cause and the remedy.
        code: The exit code.
    """

    def __init__(self, sentence: str, code: ExitCode = ExitCode.USAGE) -> None:
        super().__init__(sentence)
        self.code = code
        """The exit code."""


def describe_error(error: BaseException) -> str:
    """Describe an unexpected exception in one line: its type, text, and source line, skipping frames of importlib."""
    from agentkit.redaction.exception_summary import exception_text

    if isinstance(error, SyntaxError) and error.filename:
        return f"{type(error).__name__}: {error.msg} ({error.filename}:{error.lineno})"
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "importlib" not in frame.filename]
    where = f" ({frames[-1].filename}:{frames[-1].lineno})" if frames else ""
    text = "it ended the program" if isinstance(error, SystemExit) else exception_text(error)
    return f"{type(error).__name__}: {text}{where}" if text else f"{type(error).__name__}{where}"


_EXIT_CODE_BY_OUTCOME = {
    "completed": ExitCode.OK,
    "max_turns": ExitCode.LIMIT,
    "budget_exhausted": ExitCode.LIMIT,
    "cancelled": ExitCode.INTERRUPTED,
}
_CONFIGURATION_STATUSES = {401, 403}


def exit_code_of(result: RunResult[object]) -> ExitCode:
    """Return the exit code for a run's result. An outcome without a code of its own is a failure."""
    error = result.error
    if error is not None and (error.status in _CONFIGURATION_STATUSES or error.kind == "not_found_error"):
        return ExitCode.CONFIGURATION
    return _EXIT_CODE_BY_OUTCOME.get(str(result.outcome), ExitCode.FAILED)
