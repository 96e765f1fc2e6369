"""Every exception of agentkit, in one tree. Each names the side at fault and says what to do next.

    AgentkitError
     ├── UsageError                 your program: fix the code and run it again
     │    ├── DefinitionError       a tool, toolset, type or agent that cannot work, refused where it is defined
     │    ├── ConfigurationError    credentials, model ids, addresses, files named on the command line
     │    ├── InvalidContent        an image or file that the API does not take, refused where it is made
     │    ├── RunInProgress         a run of a journal that another process, or another task, is executing
     │    └── RunConflict           a run of a journal that is given another input, agent or request than it recorded
     ├── InvalidArguments           the model: its arguments do not fit the tool; the text says how to repair them
     ├── ToolError                  the tool: it says no, in words meant for the model
     ├── ToolTimeout                the tool: it did not end in time and was stopped
     ├── ModelError                 the API or the way to it: no usable reply
     ├── JournalError               the file of a journal: damaged, full, not writable; what it recorded is not lost
     ├── RunIncomplete              the run: it ended without an output; the message names the outcome
     └── BudgetExceeded             your limit: a block under `fail_over_budget` needed more than it was given

Two rules for this file: nothing is imported from the package, and no exception carries a secret or a traceback
in its text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class AgentkitError(Exception):
    """The base class of all exceptions that agentkit itself raises. All of them can be copied and pickled."""

    def __reduce__(self) -> tuple[object, ...]:
        # By default an exception is made again from its texts alone, which fails for required keyword arguments.
        return _restore_error, (type(self), self.args, self.__dict__)


def _restore_error(kind: type[AgentkitError], args: tuple[object, ...], attributes: dict[str, object]) -> AgentkitError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(attributes)
    return error


class UsageError(AgentkitError):
    """The calling program is wrong. Nothing was sent and nothing was executed."""


class DefinitionError(UsageError):
    """A tool, toolset, type or agent cannot work as it is defined.

    Raised at decoration or construction; the text names the parameter, the file and line, and the fix.
    """


class ConfigurationError(UsageError):
    """Something outside the code is missing or wrong: credentials, a model id, an address, a file."""


class InvalidContent(UsageError):
    """An image, a file or a block is not what the API takes: another kind of data, broken, or too large.

    A tool that makes it gets an error result with this text, so that the model can go on without it.

    Args:
        message: The sentence that says what is wrong.
        source: Where the content came from: a path, or the place in a prompt.
    """

    def __init__(self, message: str, *, source: str = "") -> None:
        super().__init__(f"{source}: {message}" if source else message)
        self.problem = message
        """The problem without the file's name, which is not sent to a model."""


class RunInProgress(UsageError):
    """A run of a journal is being executed by somebody else, whom the text names. Nothing was executed.

    A run has one owner. It is free as soon as its owner has ended it or has died; nothing has to be cleaned up.
    """


class RunConflict(UsageError):
    """A run of a journal would not go on as it was recorded: another input, agent or request. Nothing was executed.

    Give a new run another `run_id`, or go on from a copy: `Journal.fork`.
    """


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A repair of the model's arguments that is certain enough for a machine to apply."""

    path: str
    """The path in the arguments, as in the text: `lines[0].kind`."""
    replacement: str
    """The key or the value to write there."""
    what: str
    """The kind of repair: `key` renames the last step of the path, `value` replaces the value there."""


class InvalidArguments(AgentkitError):
    """The model's arguments do not fit the tool's schema. Nothing was executed.

    `str(error)` is the text for the model: every problem with its path, the expected and the given value.

    Args:
        message: The text for the model.
        suggestions: Repairs that are certain enough to be applied.
    """

    def __init__(self, message: str, suggestions: Sequence[Suggestion] = ()) -> None:
        super().__init__(message)
        self.suggestions = tuple(suggestions)
        """Certain repairs, for programs; the text says the same in words."""


class ToolError(AgentkitError):
    """Raise it inside a tool to say no in words meant for the model. The run goes on.

    Its text reaches the model as it is; any other exception reaches it only as a class of failure and an id.

    Args:
        message: The text for the model.
        hint: What the model can do instead. Empty: nothing.
        retryable: True if the same call may succeed later, so that `retries=` makes it again.
    """

    def __init__(self, message: str, *, hint: str | None = None, retryable: bool = False) -> None:
        super().__init__(message)
        self.hint = hint
        """Advice for the model, sent as a second sentence. None: nothing to add."""
        self.retryable = retryable
        """True if the same call may succeed later; the model is informed of it."""


class ToolTimeout(AgentkitError, TimeoutError):
    """A tool call exceeded its `timeout_s` and was stopped. Middleware sees it; the model gets an error result."""


class ModelError(AgentkitError):
    """A model call brought no usable reply. A run turns it into the outcome `failed`, with this text as reason.

    Args:
        message: The sentence for people.
    """

    def __init__(
        self,
        message: str,
        *,
        kind: str,
        code: str | None = None,
        status: int | None = None,
        request_id: str | None = None,
        is_retryable: bool = False,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        """The API's error type (`not_found_error`, `overloaded_error` ...), or `connection_error`, `timeout_error`,
        `stream_interrupted`, `protocol_error`, and `configuration_error` for a ConfigurationError after a reply."""
        self.code = code
        """The API's error code, finer than the type: `thread_not_found`, `tool_name_conflict` ... None: none sent."""
        self.status = status
        """The HTTP status; None when there was no response. 200 is possible for an error inside a stream."""
        self.request_id = request_id
        """The `request-id` header, for Anthropic's support. None when there was no response."""
        self.is_retryable = is_retryable
        """True if the same request may succeed later."""
        self.retry_after_s = retry_after_s
        """Seconds to wait before the next attempt, by the server's `retry-after`. None: it sent none."""


class JournalError(AgentkitError):
    """The file of a journal cannot be used: it is damaged, the disk is full, it may not be written.

    A run whose step could not be recorded does nothing more. What was recorded before is not lost: once the cause is
    gone, the run can be resumed.
    """


class BudgetExceeded(AgentkitError):
    """A call below `fail_over_budget(...)` was not made because the budget does not cover it.

    Raised at the end of the block, when all runs in it have ended with results of their own.
    """


class RunIncomplete(AgentkitError):
    """The run ended without an output, and `result.output` was read.

    Check `result.ok` or `result.outcome` first where that can happen.

    Args:
        message: The sentence for people.
    """

    def __init__(self, message: str, *, outcome: str) -> None:
        super().__init__(message)
        self.outcome = outcome
        """The outcome of the run, as in `result.outcome`."""
