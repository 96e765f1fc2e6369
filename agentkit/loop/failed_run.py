"""The end of a run that an error of its model calls ends: the error for the result, and the outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentkit.errors import ConfigurationError, ModelError
from agentkit.history.compaction import is_request_too_long
from agentkit.loop.actions import Finish
from agentkit.redaction.exceptions import redact_exception
from agentkit.run.outcome import Outcome

if TYPE_CHECKING:
    from agentkit.redaction.redactor import Redactor


def failure_of_run(error: ModelError | ConfigurationError, redactor: Redactor) -> tuple[ModelError, Finish]:
    """Return the error for `result.error` and the end of the run, both without secrets."""
    redact_exception(error, redactor.text)
    if isinstance(error, ConfigurationError):
        error = ModelError(str(error), kind="configuration_error")
    outcome = Outcome.CONTEXT_EXCEEDED if is_request_too_long(error) else Outcome.FAILED
    return error, Finish(outcome, str(error))
