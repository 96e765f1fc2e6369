"""The library's log: silent until the application configures logging, and never on stdout.

Two rules for this file: structlog is never configured here (unconfigured it prints to stdout), and it is imported
when the first line is written.
"""

from __future__ import annotations

import logging
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from structlog.stdlib import BoundLogger

logging.getLogger("agentkit").addHandler(logging.NullHandler())


def is_logged(level: int) -> bool:
    """Whether the application wants lines of this level; ask before making one that costs something."""
    return logging.getLogger("agentkit").isEnabledFor(level)


@cache
def log() -> BoundLogger:
    """The logger of the package, on top of the standard library's logger `agentkit`."""
    import structlog

    logger: BoundLogger = structlog.wrap_logger(
        logging.getLogger("agentkit"),
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.render_to_log_kwargs,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    return logger
