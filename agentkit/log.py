"""The library's log: without secrets, never on stdout, and readable with the standard library's own formatters.

Until the application configures logging, warnings and errors reach stderr as Python's last resort has it, and nothing
else does. Three rules for this file: structlog is never configured here (unconfigured it prints to stdout), and it is
imported only when the first line is written, since that takes time; and whatever a handler, a filter, a formatter or a
record factory of the application does, writing a line raises nothing.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from contextlib import suppress
from contextvars import ContextVar

from agentkit.redaction.credentials import credentials_of_environment
from agentkit.redaction.exception_summary import clipped_line, summarize_exception, traceback_of_user
from agentkit.redaction.exceptions import RedactedError
from agentkit.redaction.redactor import Redactor, text_without_secrets, without_secrets

_logger = logging.getLogger("agentkit")

_RESERVED_NAMES = {*vars(logging.makeLogRecord({})), "asctime", "message", "taskName", "event"}
"""Attributes of every LogRecord, which no field may overwrite; `event` is ours: the message without its fields."""
_MAX_VALUE_CHARS = 200
"""Characters of a field's value in a message; the record's attribute has all of it."""


class LogContext:
    """The redactor and the fields that the lines share which are logged in its block, and by tasks started in it.

    Args:
        redactor: Redacts the lines.
        fields: The fields of each line.
    """

    __slots__ = ("_token", "fields", "redactor")

    def __init__(self, redactor: Redactor, **fields: str) -> None:
        self.redactor = redactor
        self.fields: Mapping[str, object] = fields

    def __enter__(self) -> None:
        self._token = _context.set(self)

    def __exit__(self, *error: object) -> None:
        _context.reset(self._token)


_NO_CONTEXT = LogContext(Redactor())
_context: ContextVar[LogContext] = ContextVar("agentkit_log_context", default=_NO_CONTEXT)


def is_logged(level: int) -> bool:
    """True if the application logs this level; check it before building an expensive line."""
    return _logger.isEnabledFor(level)


class PackageLog:
    """Writes structured lines to the standard library's logger `agentkit`; the fields are attributes of the record.

    The message holds them, too: `tool failed: KeyError: 'tea' (shop.py:6) [tool=price ... run_id=...]`; the attribute
    `event` is its beginning, `tool failed`. A record has the application's structlog context variables, too. A name
    that a LogRecord needs for itself, such as `filename`, gets an underscore: `filename_`.
    """

    def debug(self, event: str, **fields: object) -> None:
        """Write a line at level debug."""
        _write_line(logging.DEBUG, event, fields)

    def info(self, event: str, **fields: object) -> None:
        """Write a line at level info."""
        _write_line(logging.INFO, event, fields)

    def warning(self, event: str, *, exc_info: BaseException | None = None, **fields: object) -> None:
        """Write a line at level warning, with the traceback of an exception."""
        _write_line(logging.WARNING, event, fields, exc_info)

    def error(self, event: str, *, exc_info: BaseException | None = None, **fields: object) -> None:
        """Write a line at level error, with the traceback of an exception."""
        _write_line(logging.ERROR, event, fields, exc_info)


_package_log = PackageLog()


def log() -> PackageLog:
    """Return the log of the package."""
    return _package_log


def _write_line(level: int, event: str, fields: dict[str, object], error: BaseException | None = None) -> None:
    try:
        if _logger.isEnabledFor(level):
            _logger.handle(_make_record(level, event, fields, error))
    except Exception as failure:  # noqa: BLE001 - raised by the application's logging, for which no run ends
        _report_lost_line(event, failure)


def _make_record(level: int, event: str, fields: dict[str, object], error: BaseException | None) -> logging.LogRecord:
    from structlog.contextvars import get_contextvars

    context, redact = _context.get(), _redactor()
    file, line, function, _ = _logger.findCaller(stacklevel=4)  # the line that called `log().error(...)`
    said = {name: redact.value(value) for name, value in without_secrets({**context.fields, **fields}).items()}
    more = {name: redact.value(value) for name, value in without_secrets(get_contextvars()).items()}
    event = _redacted(event)
    template, values = _message(event, {**fields, **said}, error)  # the fields of the run come last
    record = _logger.makeRecord(_logger.name, level, file, line, template, (values,) if values else (), None, function)
    for name, value in {**more, **said}.items():
        attribute = f"{name}_" if name in _RESERVED_NAMES else name
        record.__dict__[attribute] = value
    record.__dict__["event"] = event
    if error is not None:
        record.exc_info = (type(error), error, traceback_of_user(error.__traceback__))
        text = logging.Formatter().formatException(record.exc_info)
        if (clean := _redacted(text)) != text:
            record.exc_text = clean  # formatters print this instead of formatting the exception
            record.exc_info = (RedactedError, RedactedError(clean, summarize_exception(error, _redacted)), None)
    return record


def _message(event: str, fields: Mapping[str, object], error: BaseException | None) -> tuple[str, dict[str, str]]:
    """Return the message as a template that is the same for all lines of its kind, and the values for it."""
    values = {name: _field_text(value) for name, value in fields.items()}
    if error is None and not values:
        return event, {}
    template = event.replace("%", "%%")
    if error is not None:
        template += ": %(exception)s"
    if values:
        template += f" [{' '.join(f'{name}=%({name})s' for name in values)}]"
    return template, {**values, **({} if error is None else {"exception": summarize_exception(error, _redacted)})}


def _field_text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.10f}".rstrip("0").rstrip(".")
    text = clipped_line(value if isinstance(value, str) else repr(value), _MAX_VALUE_CHARS)
    return f'"{text}"' if isinstance(value, str) and (" " in text or not text) else text


def _redactor() -> Redactor:
    context = _context.get()
    return Redactor.of((), credentials_of_environment()) if context is _NO_CONTEXT else context.redactor


def _redacted(text: str) -> str:
    return _redactor().text(text_without_secrets(text))


def _report_lost_line(event: str, failure: Exception) -> None:
    """Write to stderr that a line is lost, as the standard library's handlers do when they fail."""
    if logging.raiseExceptions and sys.stderr is not None:
        with suppress(Exception):  # stderr may be closed
            sys.stderr.write(
                _redacted(f"agentkit: the log line {event!r} is lost: {type(failure).__name__}: {failure}\n")
            )
