"""The log: silent until the application asks for it, and never on stdout."""

from __future__ import annotations

import logging
import subprocess
import sys

import pytest

from agentkit.log import log, redacting_logs
from agentkit.redaction.redactor import Redactor


def test_nothing_is_printed_unless_the_application_configures_logging() -> None:
    source = "from agentkit.log import redacting_logs, log; log().error('x', a=1)"
    process = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, timeout=30, check=True)
    assert (process.stdout, process.stderr) == ("", "")


def test_fields_and_tracebacks_reach_the_applications_logging(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, "agentkit"):
        log().error("tool failed", tool="find", exc_info=ValueError("x"))
    (record,) = caplog.records
    assert record.message == "tool failed"
    assert record.__dict__["tool"] == "find"
    assert record.exc_info is not None


def test_what_a_run_knows_as_secret_is_hidden_while_it_runs(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, "agentkit"), redacting_logs(Redactor(("PIN",), ("a-key-of-the-house",))):
        log().error("tool failed", said="PIN: 4711", exc_info=ValueError("a-key-of-the-house"))
    assert "4711" not in str(caplog.records[0].__dict__["said"])
    assert "a-key-of-the-house" not in caplog.text
    with caplog.at_level(logging.ERROR, "agentkit"):
        log().error("tool failed", said="PIN: 4711")
    assert caplog.records[1].__dict__["said"] == "PIN: 4711"


def test_secrets_reach_neither_fields_nor_messages_nor_tracebacks(caplog: pytest.LogCaptureFixture) -> None:
    key = "sk-ant-" + "api03-abc"
    with caplog.at_level(logging.INFO, "agentkit"):
        try:
            raise ValueError(f"no access with {key} to postgres://ann:hunter2@db")
        except ValueError as error:
            log().error(
                f"failed with {key}", password="hunter2", tool={"headers": {"authorization": "x"}}, exc_info=error
            )
    (record,) = caplog.records
    written = logging.Formatter().format(record)
    assert "ValueError: no access with [redacted] to postgres://ann:[redacted]@db" in written
    assert record.__dict__["password"] == "[redacted]"
    for handler_text in (caplog.text, record.exc_text or "", str(record.__dict__["tool"]), record.message):
        assert key not in handler_text
        assert "hunter2" not in handler_text
