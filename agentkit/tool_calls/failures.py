"""A failed tool call -> the error text that is sent to the model, and the details for the local log.

The model reads the text of a ToolError, of InvalidArguments, of InvalidContent, and of the exceptions that the tool
names in `raises=`. Of every other exception it reads the class of failure and an error id; text, paths and traceback go
to the log only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

import anyio

from agentkit.errors import InvalidArguments, InvalidContent, ToolError, ToolTimeout, UsageError
from agentkit.log import log
from agentkit.redaction.exception_summary import place_of
from agentkit.run.cleanup import is_current_task_cancelled
from agentkit.run.guarded_middleware import ProgramFault
from agentkit.tools.signatures.signature import source_location

if TYPE_CHECKING:
    from agentkit.tools.run_context import RunContext
    from agentkit.tools.toolset import AnyTool

# The first match counts: TimeoutError, ConnectionError and PermissionError are subclasses of OSError.
_FAILURE_CLASSES: tuple[tuple[type[BaseException], str], ...] = (
    (TimeoutError, "a timeout"),
    (ConnectionError, "a connection failure"),
    (PermissionError, "a missing permission"),
    (OSError, "an operating system error"),
    (MemoryError, "a lack of memory"),
)
_PROGRAM_EXITS = (KeyboardInterrupt, SystemExit, GeneratorExit)

OUTCOME_UNKNOWN = "Whether it took effect is not known: check before you repeat it."


def reraise_exit_or_cancellation(error: BaseException) -> None:
    """Raise again what is no failure of the call: an interrupt, an exit, or a cancellation from an enclosing scope.

    Call it outside of all cancel scopes of the call. A cancelled exception that no enclosing scope caused is a failure.
    """
    leaves = list(leaf_exceptions(error))
    for leaf in leaves:
        if isinstance(leaf, _PROGRAM_EXITS):
            raise leaf
    if not isinstance(error, Exception) and is_current_task_cancelled():
        for leaf in leaves:
            if isinstance(leaf, anyio.get_cancelled_exc_class()):
                raise leaf


def error_text_for_model(error: BaseException, tool: AnyTool, ctx: RunContext[object]) -> str:
    """Return the text of the error result; log an exception whose text the model does not read, with its traceback."""
    leaves = list(leaf_exceptions(error))
    first, *others = [leaf for leaf in leaves if isinstance(leaf, Exception)] or leaves
    if not isinstance(first, Exception) and isinstance(first, anyio.get_cancelled_exc_class()):
        return _with_outcome_note(f"`{tool.name}` cancelled itself.", tool)
    if (words := _own_text_for_model(first, tool)) is not None:
        if others:  # the model reads the first exception only, so the log gets the whole group
            log().error("tool failed", tool=tool.name, call_id=ctx.call_id, exc_info=error)
        if isinstance(first, InvalidArguments) and first.__cause__ is not None:
            log().error("a validator failed", tool=tool.name, call_id=ctx.call_id, exc_info=first.__cause__)
        return words
    error_id = hashlib.sha256(ctx.idempotency_key.encode()).hexdigest()[:8]
    fields = {"tool": tool.name, "call_id": ctx.call_id, "error_id": error_id}
    if not place_of(first):  # what the tool returned cannot be sent, for example
        fields["defined_at"] = source_location(tool.function)
    log().error("tool failed", **fields, exc_info=error)
    kind = next((words for kind, words in _FAILURE_CLASSES if isinstance(first, kind)), "an internal error")
    return _with_outcome_note(
        f"`{tool.name}` failed with {kind} (error id {error_id}). Changing the arguments may not help.", tool
    )


def is_retryable_failure(error: Exception, tool: AnyTool) -> bool:
    """True if the same call may succeed when it is retried: not after an error that the tool raises on purpose."""
    first = next(leaf_exceptions(error))
    if isinstance(first, ToolError):
        return first.retryable
    return isinstance(first, ToolTimeout) or not isinstance(first, (InvalidArguments, UsageError, *tool.raises))


def _own_text_for_model(error: BaseException, tool: AnyTool) -> str | None:
    """Return the text of an exception that the model may read. None: its text stays in the log."""
    if isinstance(error, InvalidArguments):
        return str(error)
    if isinstance(error, ToolTimeout | ProgramFault):
        return _with_outcome_note(str(error), tool)
    if isinstance(error, ToolError):
        parts = [_exception_text(error), error.hint, "The same call may succeed later." if error.retryable else None]
        return " ".join(str(part) for part in parts if part)
    if isinstance(error, InvalidContent):
        return _with_outcome_note(f"`{tool.name}` made content that cannot be sent. {error.problem}", tool)
    if isinstance(error, tool.raises):
        return _exception_text(error) or type(error).__name__
    return None


def _with_outcome_note(text: str, tool: AnyTool) -> str:
    """Add that the outcome is unknown, for a tool with side effects."""
    return text if tool.effect == "read" else f"{text} {OUTCOME_UNKNOWN}"


def _exception_text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - an exception class of the tool whose `__str__` raises
        return ""


def first_leaf_exception(error: BaseException) -> BaseException:
    """Return the first exception inside nested exception groups."""
    while isinstance(error, BaseExceptionGroup):
        error = cast("BaseExceptionGroup[BaseException]", error).exceptions[0]
    return error


def leaf_exceptions(error: BaseException) -> Iterator[BaseException]:
    """Yield the exceptions inside nested exception groups, as a tool's task groups raise; or the exception itself."""
    if not isinstance(error, BaseExceptionGroup):
        yield error
        return
    for inside in cast("BaseExceptionGroup[BaseException]", error).exceptions:
        yield from leaf_exceptions(inside)
