"""A tool call that failed -> what the model is told, and what stays in the local log.

The model reads a ToolError, repairs of its own arguments, and the exceptions that the tool names in `raises=`. Of
every other exception it learns the class of failure and an id; text, path and traceback stay here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

import anyio

from agentkit.errors import InvalidArguments, ToolError, ToolTimeout, UsageError
from agentkit.log import log
from agentkit.tool_calls.cancellation import is_cancelled_here

if TYPE_CHECKING:
    from agentkit.tools.run_context import RunContext
    from agentkit.tools.toolset import AnyTool

# The first that fits is told; the order matters, the first two are kinds of OSError.
_KINDS: tuple[tuple[type[BaseException], str], ...] = (
    (TimeoutError, "a timeout"),
    (ConnectionError, "a connection failure"),
    (PermissionError, "a missing permission"),
    (OSError, "an operating system error"),
    (MemoryError, "a lack of memory"),
)
_ENDS_THE_PROGRAM = (KeyboardInterrupt, SystemExit, GeneratorExit)

OUTCOME_UNKNOWN = "Whether it took effect is not known: check before you repeat it."


def let_pass(error: BaseException) -> None:
    """Raise what is no failure of the call itself: an interrupt, an exit, a cancellation that came from above.

    Call it outside of all that the call entered. A cancelled exception that nobody above asked for is a failure.
    """
    leaves = list(_leaves(error))
    for leaf in leaves:
        if isinstance(leaf, _ENDS_THE_PROGRAM):
            raise leaf
    if not isinstance(error, Exception) and is_cancelled_here():
        for leaf in leaves:
            if isinstance(leaf, anyio.get_cancelled_exc_class()):
                raise leaf


def told_to_model(error: BaseException, tool: AnyTool, ctx: RunContext[object]) -> str:
    """The text of the error result. An exception that the model does not read is logged with its traceback."""
    leaves = list(_leaves(error))
    first, *others = [leaf for leaf in leaves if isinstance(leaf, Exception)] or leaves
    if not isinstance(first, Exception) and isinstance(first, anyio.get_cancelled_exc_class()):
        return _with_outcome(f"`{tool.name}` cancelled itself.", tool)
    if (words := _own_words(first, tool)) is not None:
        if others:  # its own words stand for it, and what else went wrong is not lost
            log().error("tool failed", tool=tool.name, call_id=ctx.call_id, exc_info=error)
        return words
    error_id = hashlib.sha256(ctx.idempotency_key.encode()).hexdigest()[:8]
    log().error("tool failed", tool=tool.name, call_id=ctx.call_id, error_id=error_id, exc_info=error)
    kind = next((words for kind, words in _KINDS if isinstance(first, kind)), "an internal error")
    return _with_outcome(
        f"`{tool.name}` failed with {kind} (error id {error_id}). Changing the arguments may not help.", tool
    )


def may_try_again(error: Exception, tool: AnyTool) -> bool:
    """Whether the same call may succeed when it is made again: not where the tool says no in its own words."""
    first = next(_leaves(error))
    if isinstance(first, ToolError):
        return first.retryable
    return isinstance(first, ToolTimeout) or not isinstance(first, (InvalidArguments, UsageError, *tool.raises))


def _own_words(error: BaseException, tool: AnyTool) -> str | None:
    """What the model reads of an exception. None: it does not read it."""
    if isinstance(error, InvalidArguments):
        return str(error)
    if isinstance(error, ToolTimeout):
        return _with_outcome(str(error), tool)
    if isinstance(error, ToolError):
        parts = [_text(error), error.hint, "The same call may succeed later." if error.retryable else None]
        return " ".join(str(part) for part in parts if part)
    if isinstance(error, tool.raises):
        return _text(error) or type(error).__name__
    return None


def _with_outcome(text: str, tool: AnyTool) -> str:
    return text if tool.effect == "read" else f"{text} {OUTCOME_UNKNOWN}"


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - a class of the tool's own, whose text fails in turn
        return ""


def _leaves(error: BaseException) -> Iterator[BaseException]:
    """The exceptions of a group, which a tool's own task groups make of their errors; an exception itself."""
    if not isinstance(error, BaseExceptionGroup):
        yield error
        return
    for inside in cast("BaseExceptionGroup[BaseException]", error).exceptions:
        yield from _leaves(inside)
