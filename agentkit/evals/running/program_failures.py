"""Failures of the program in an evaluation: its setups, pipelines and graders may raise anything."""

from __future__ import annotations

import anyio

from agentkit.redaction.exception_summary import exception_text
from agentkit.run.cleanup import is_current_task_cancelled
from agentkit.tool_calls.failures import leaf_exceptions


def is_failure(error: BaseException) -> bool:
    """Return True unless it has to pass on: an interrupt, an exit, or a cancellation from around the evaluation.

    A cancellation that nothing around it wanted, such as that of a future that the code awaits, is a failure of the
    code: a task group would take it for its own, and end all other trials without a word.

    Args:
        error: What the code raised.
    """
    if isinstance(error, Exception):
        return True
    failures = (Exception, anyio.get_cancelled_exc_class())
    return all(isinstance(leaf, failures) for leaf in leaf_exceptions(error)) and not is_current_task_cancelled()


def failure_text(error: BaseException) -> str:
    """Return what code of the program raised, `ValueError: no such item`, even where its `__str__` raises.

    Args:
        error: What it raised.
    """
    text = exception_text(error)
    if not isinstance(error, Exception) and not text:
        text = "it was cancelled, although nothing around it was"
    return f"{type(error).__name__}: {text}"
