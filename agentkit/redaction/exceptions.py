"""Redaction of exceptions: of their own text, and of the exceptions that they were raised from."""

from __future__ import annotations

import traceback
from collections import deque
from collections.abc import Callable, Iterator
from typing import cast


class RedactedError(Exception):
    """Stands in for an exception that shows a secret; its text has no secret, and may be the whole traceback."""

    def __init__(self, text: str, summary: str = "") -> None:
        super().__init__(text, summary)
        self.summary = summary
        """The exception in one line: type, text and place. Empty: it is not known."""

    def __str__(self) -> str:
        return str(self.args[0])


def redact_exception(error: BaseException, redact: Callable[[str], str]) -> None:
    """Take secrets out of the text of an exception, and out of those that it was raised from.

    A chain that shows a secret is replaced by one RedactedError: a traceback prints the whole chain.
    """
    error.args = tuple(redact(part) if isinstance(part, str) else part for part in error.args)
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    for inside in () if cause is None else chained_exceptions(cause):
        text = "".join(traceback.format_exception_only(inside))
        if redact(text) != text:
            error.__cause__ = RedactedError(redact("".join(traceback.format_exception(cause))))
            error.__context__ = None
            return


def chained_exceptions(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception, those that it was raised from, and those in groups, each once, the outer ones first."""
    waiting, seen = deque([error]), set[int]()
    while waiting:
        one = waiting.popleft()
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        if isinstance(one, BaseExceptionGroup):
            waiting.extend(cast("BaseExceptionGroup[BaseException]", one).exceptions)
        waiting.extend(inside for inside in (one.__cause__, one.__context__) if inside is not None)
