"""A tool call that failed -> what the model is told, and what stays in the local log.

The model reads a ToolError, repairs of its own arguments, and the exceptions that the tool names in `raises=`. Of
every other exception it learns the class of failure and an id; text, path and traceback stay here.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from agentkit.errors import InvalidArguments, ToolError
from agentkit.log import log

if TYPE_CHECKING:
    from agentkit.context import RunContext
    from agentkit.toolset import AnyTool

# The first that fits is told; the order matters, the first two are kinds of OSError.
_KINDS: tuple[tuple[type[BaseException], str], ...] = (
    (TimeoutError, "a timeout"),
    (ConnectionError, "a connection failure"),
    (PermissionError, "a missing permission"),
    (OSError, "an operating system error"),
    (MemoryError, "a lack of memory"),
)


def told_to_model(error: Exception, tool: AnyTool, ctx: RunContext[object]) -> str:
    """The text of the error result. An exception that the model does not read is logged with its traceback."""
    error = _only_leaf(error)
    if isinstance(error, InvalidArguments):
        return str(error)
    if isinstance(error, ToolError):
        parts = [str(error), error.hint, "The same call may succeed later." if error.retryable else None]
        return " ".join(part for part in parts if part)
    if isinstance(error, tool.raises):
        return str(error) or type(error).__name__
    error_id = hashlib.sha256(ctx.idempotency_key.encode()).hexdigest()[:8]
    log().error("tool failed", tool=tool.name, call_id=ctx.call_id, error_id=error_id, exc_info=error)
    kind = next((words for kind, words in _KINDS if isinstance(error, kind)), "an internal error")
    text = f"`{tool.name}` failed with {kind} (error id {error_id}). Changing the arguments may not help."
    return text if tool.effect == "read" else f"{text} {OUTCOME_UNKNOWN}"


OUTCOME_UNKNOWN = "Whether it took effect is not known: check before you repeat it."


def timed_out(tool: AnyTool, timeout_s: float) -> str:
    """The text for a call that ran out of time."""
    text = f"`{tool.name}` timed out after {timeout_s:g} s and was stopped."
    return text if tool.effect == "read" else f"{text} {OUTCOME_UNKNOWN}"


def _only_leaf(error: Exception) -> Exception:
    """A group of one, which a tool's own task group makes of its error, is that one."""
    inside: tuple[Exception, ...] = getattr(error, "exceptions", ())
    return _only_leaf(inside[0]) if len(inside) == 1 else error
