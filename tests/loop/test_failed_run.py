"""The end of a run that an error of its model calls ends."""

from __future__ import annotations

import pytest

from agentkit import ConfigurationError, ModelError, Outcome
from agentkit.loop.failed_run import failure_of_run
from agentkit.redaction.redactor import REDACTED, Redactor

REDACTOR = Redactor((), ("a-key-of-the-gateway",))


@pytest.mark.parametrize(
    ("error", "outcome", "kind"),
    [
        (ModelError("Refused: a-key-of-the-gateway.", kind="authentication_error", status=401), "failed", None),
        (ModelError("prompt is too long: a-key-of-the-gateway", kind="x", status=400), "context_exceeded", None),
        (ConfigurationError("No host a-key-of-the-gateway."), "failed", "configuration_error"),
    ],
)
def test_error_and_reason_say_the_same_without_secrets(
    error: ModelError | ConfigurationError, outcome: str, kind: str | None
) -> None:
    told, end = failure_of_run(error, REDACTOR)
    assert end.outcome is Outcome(outcome)
    assert end.reason == str(told)
    assert REDACTED in end.reason
    assert "gateway" not in end.reason
    assert told.kind == (kind or getattr(error, "kind", None))
