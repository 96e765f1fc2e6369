"""The log: warnings on stderr until the application configures logging, never on stdout, readable in every form."""

from __future__ import annotations

import logging
import subprocess
import sys
import traceback
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from typing import Never, TypeAlias

import pytest
import structlog

from agentkit.log import LogContext, log
from agentkit.redaction.exceptions import RedactedError
from agentkit.redaction.redactor import Redactor


def test_until_the_application_configures_logging_only_warnings_reach_stderr() -> None:
    source = "from agentkit.log import log; log().info('no'); log().error('x', a=1, exc_info=KeyError('tea'))"
    process = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, timeout=30, check=True)
    assert (process.stdout, process.stderr) == ("", "x: KeyError: 'tea' [a=1]\nKeyError: 'tea'\n")


def test_fields_and_tracebacks_reach_the_applications_logging(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, "agentkit"):
        log().error("tool failed", tool="find", exc_info=ValueError("x"))
    (record,) = caplog.records
    assert (record.message, record.__dict__["event"]) == ("tool failed: ValueError: x [tool=find]", "tool failed")
    assert record.__dict__["tool"] == "find"
    assert record.exc_info is not None


def test_a_message_holds_every_field_on_one_line_and_its_template_is_the_same_for_all_of_its_kind(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR, "agentkit"), LogContext(Redactor(), run_id="run-1", agent="clerk"):
        for usd in (0.0000058, 1.5):
            log().error("5% off", cost_usd=usd, said="a\nb \x1b[31m", empty="", names=["x"], long="y" * 5_000)
    first, second = caplog.records
    long = "y" * 199 + "…"
    assert first.message == (
        f'5% off [cost_usd=0.0000058 said="a b [31m" empty="" names=[\'x\'] long={long} run_id=run-1 agent=clerk]'
    )
    assert "cost_usd=1.5 " in second.message
    assert first.msg == second.msg
    assert first.__dict__["long"] == "y" * 5_000


def test_a_line_without_fields_is_its_event(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, "agentkit"):
        log().error("5% off")
        log().error("5% off", exc_info=ValueError("50%"))
    assert [record.message for record in caplog.records] == ["5% off", "5% off: ValueError: 50%"]


def test_structlogs_formatter_writes_fields_once() -> None:
    render = structlog.processors.KeyValueRenderer()
    keep = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.add_log_level, structlog.stdlib.ExtraAdder()],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
    )
    written: list[str] = []
    handler, logger = FormatsItself(), logging.getLogger("agentkit")
    handler.emit = lambda record: written.append(keep.format(record))  # type: ignore[method-assign]
    logger.addHandler(handler)
    try:
        log().error("tool failed", tool="find", error_id="1a")
    finally:
        logger.removeHandler(handler)
    assert written == ["event='tool failed' level='error' tool='find' error_id='1a'"]


def test_what_a_run_knows_as_secret_is_hidden_while_it_runs(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, "agentkit"), LogContext(Redactor(("PIN",), ("a-key-of-the-house",))):
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


class FormatsItself(logging.Handler):
    """Formats `record.exc_info` itself, as handlers for JSON and for error trackers do."""

    def __init__(self) -> None:
        super().__init__()
        self.written = ""

    def emit(self, record: logging.LogRecord) -> None:
        assert record.exc_info is not None
        self.written += "".join(traceback.format_exception(*record.exc_info))


def test_a_handler_that_formats_the_traceback_itself_gets_no_secret() -> None:
    handler, logger = FormatsItself(), logging.getLogger("agentkit")
    logger.addHandler(handler)
    try:
        try:
            try:
                raise OSError("postgres://ann:hunter2@db")
            except OSError as error:
                raise ExceptionGroup("both", [ValueError("plain")]) from error
        except ExceptionGroup as error:
            log().error("tool failed", exc_info=error)
        log().error("tool failed", exc_info=ValueError("nothing to hide"))
    finally:
        logger.removeHandler(handler)
    assert "hunter2" not in handler.written
    assert "postgres://ann:[redacted]@db" in handler.written
    assert "test_log.py" in handler.written
    assert handler.written.count(RedactedError.__name__) == 1
    assert "ValueError: nothing to hide" in handler.written


def test_a_key_of_the_environment_is_hidden_outside_of_runs_too(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "gw_7f3c9a21d4e84b55")
    with caplog.at_level(logging.ERROR, "agentkit"):
        log().error("no run", said="gw_7f3c9a21d4e84b55", exc_info=ValueError("gw_7f3c9a21d4e84b55"))
    assert "gw_7f3c9a21d4e84b55" not in f"{caplog.text} {caplog.records[0].__dict__}"


def test_lists_and_mappings_of_a_line_are_redacted_as_well(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, "agentkit"), LogContext(Redactor((), ("a-key-of-the-house",))):
        log().error("x", found=["a-key-of-the-house"], seen={"inside": ("a-key-of-the-house",)})
    assert "a-key-of-the-house" not in str(caplog.records[0].__dict__)


NAMES = (
    "args", "asctime", "created", "event", "exc_info", "exc_text", "extra", "filename", "level", "levelname", "message",
    "module", "msg", "name", "process", "stack_info", "stacklevel", "taskName", "thread",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_context_variable_may_have_any_name(name: str, caplog: pytest.LogCaptureFixture) -> None:
    plain = vars(logging.makeLogRecord({}))
    with caplog.at_level(logging.ERROR, "agentkit"), structlog.contextvars.bound_contextvars(**{name: "import-7"}):
        log().error("tool failed", tool="load", exc_info=ValueError("boom"))
    (record,) = caplog.records
    is_reserved = name in {*plain, "asctime", "message", "taskName", "event"}
    assert record.__dict__[f"{name}_" if is_reserved else name] == "import-7"
    found = (record.__dict__["event"], record.filename, record.__dict__["tool"])
    assert found == ("tool failed", "test_log.py", "load")
    assert "ValueError: boom" in caplog.text


def test_a_line_of_a_run_has_the_fields_of_the_run(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "agentkit"), LogContext(Redactor(), run_id="run-1", agent="reader"):
        log().info("a")
        with LogContext(Redactor(), run_id="run-1/toolu_1", agent="helper"):
            log().info("b", agent="own")
    log().info("c")
    assert [(record.__dict__["run_id"], record.__dict__["agent"]) for record in caplog.records] == [
        ("run-1", "reader"),
        ("run-1/toolu_1", "own"),
    ]


class Breaks(logging.Handler):
    """Fails as a full disk does."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error

    def emit(self, record: logging.LogRecord) -> None:
        raise self.error


def fail(*_: object, **__: object) -> Never:
    raise OSError("disk full, says ghp_" + 20 * "x")


@contextmanager
def _broken_handler(logger: logging.Logger) -> Generator[None]:
    handler = Breaks(OSError("disk full, says ghp_" + 20 * "x"))
    logger.addHandler(handler)
    yield
    logger.removeHandler(handler)


@contextmanager
def _broken_filter(logger: logging.Logger) -> Generator[None]:
    logger.addFilter(fail)
    yield
    logger.removeFilter(fail)


@contextmanager
def _broken_factory(_: logging.Logger) -> Generator[None]:
    before = logging.getLogRecordFactory()
    logging.setLogRecordFactory(fail)
    yield
    logging.setLogRecordFactory(before)


Breaking: TypeAlias = "Callable[[logging.Logger], AbstractContextManager[None]]"
BREAKING: list[Breaking] = [_broken_handler, _broken_filter, _broken_factory]


@pytest.mark.parametrize("breaking", BREAKING)
def test_logging_that_raises_costs_the_line_and_is_reported_on_stderr(
    breaking: Breaking,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with breaking(logging.getLogger("agentkit")):
        log().error("tool failed", exc_info=ValueError("x"))
        monkeypatch.setattr(logging, "raiseExceptions", False)
        log().error("tool failed")
    out, err = capsys.readouterr()
    assert (out, err) == ("", "agentkit: the log line 'tool failed' is lost: OSError: disk full, says [redacted]\n")


def test_a_record_factory_may_set_fields_of_its_own(caplog: pytest.LogCaptureFixture) -> None:
    before = logging.getLogRecordFactory()

    def make(*args: object, **more: object) -> logging.LogRecord:
        record = before(*args, **more)
        record.__dict__.update(tool="none", trace_id="7")
        return record

    logging.setLogRecordFactory(make)
    try:
        log().error("tool failed", tool="load")
    finally:
        logging.setLogRecordFactory(before)
    assert (caplog.records[0].__dict__["tool"], caplog.records[0].__dict__["trace_id"]) == ("load", "7")


def test_an_interrupt_in_a_handler_is_not_swallowed() -> None:
    handler, logger = Breaks(KeyboardInterrupt()), logging.getLogger("agentkit")
    logger.addHandler(handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            log().error("tool failed")
    finally:
        logger.removeHandler(handler)
