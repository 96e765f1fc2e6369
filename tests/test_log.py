"""The log: silent until the application asks for it, and never on stdout."""

from __future__ import annotations

import logging
import subprocess
import sys

import pytest

from agentkit.log import log


def test_nothing_is_printed_unless_the_application_configures_logging() -> None:
    source = "from agentkit.log import log; log().error('x', a=1)"
    process = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, timeout=30, check=True)
    assert (process.stdout, process.stderr) == ("", "")


def test_fields_and_tracebacks_reach_the_applications_logging(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, "agentkit"):
        log().error("tool failed", tool="find", exc_info=ValueError("x"))
    (record,) = caplog.records
    assert record.message == "tool failed"
    assert record.__dict__["tool"] == "find"
    assert record.exc_info is not None
