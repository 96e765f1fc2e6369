"""The text of a failed call for its developer, in the displays of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentkit import Event, ToolFinished


def is_unexpected_failure(event: Event) -> bool:
    """True if a tool call ended with an exception that the model reads nothing of but its kind."""
    from agentkit import ToolFinished

    return isinstance(event, ToolFinished) and event.exception is not None and failure_text(event) != event.text


def failure_text(event: ToolFinished) -> str:
    """Return `PermissionError: only managers may cancel (desk.py:67)`, or what the tool itself says to the model."""
    from agentkit.errors import InvalidArguments, InvalidContent, ToolError, ToolTimeout
    from agentkit.redaction.exception_summary import first_exception, summarize_exception
    from agentkit.redaction.redactor import text_without_secrets
    from agentkit.run.guarded_middleware import ProgramFault

    if event.exception is None:
        return event.text
    first = first_exception(event.exception)
    known = (ToolError, InvalidArguments, InvalidContent, ToolTimeout, ProgramFault)
    if isinstance(first, known) or not isinstance(first, Exception):
        return event.text
    return summarize_exception(event.exception, text_without_secrets)
