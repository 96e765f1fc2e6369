"""The library's logger: silent until the application configures logging, never on stdout, and without secrets.

Two rules for this file: structlog is never configured here (unconfigured it prints to stdout), and it is imported
only when the first line is written, since that takes time.
"""

from __future__ import annotations

import logging
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import TYPE_CHECKING

from agentkit.redaction.redactor import Redactor, text_without_secrets, without_secrets

if TYPE_CHECKING:
    from structlog.stdlib import BoundLogger
    from structlog.typing import EventDict, WrappedLogger

_DEFAULT_REDACTOR = Redactor()
_redactor: ContextVar[Redactor] = ContextVar("agentkit_log_redactor", default=_DEFAULT_REDACTOR)


@contextmanager
def redacting_logs(redactor: Redactor) -> Generator[None]:
    """Redact what is logged in the block, and by tasks that are started in it, with this redactor as well."""
    token = _redactor.set(redactor)
    try:
        yield
    finally:
        _redactor.reset(token)


class _TracebacksWithoutSecrets(logging.Filter):
    """Formats and redacts a record's traceback before any handler does; handlers reuse the formatted text."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and not record.exc_text:
            text = text_without_secrets(logging.Formatter().formatException(record.exc_info))
            record.exc_text = _redactor.get().text(text)
        return True


_logger = logging.getLogger("agentkit")
_logger.addHandler(logging.NullHandler())
_logger.addFilter(_TracebacksWithoutSecrets())


def is_logged(level: int) -> bool:
    """True if the application logs this level; check it before building an expensive line."""
    return _logger.isEnabledFor(level)


@cache
def log() -> BoundLogger:
    """Return the logger of the package, on top of the standard library's logger `agentkit`."""
    import structlog

    logger: BoundLogger = structlog.wrap_logger(
        _logger,
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.contextvars.merge_contextvars,
            _without_secrets,
            structlog.stdlib.render_to_log_kwargs,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    return logger


def _without_secrets(_: WrappedLogger, __: str, fields: EventDict) -> EventDict:
    hide = _redactor.get().text
    return {name: hide(value) if isinstance(value, str) else value for name, value in without_secrets(fields).items()}
