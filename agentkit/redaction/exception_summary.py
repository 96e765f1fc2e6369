"""An exception for its developer, in one line: type, text and place, without secrets.

Two rules for this file: nothing here fails, whatever the exception's own `__str__` does; and secrets are removed before
a text is cut, since half of one is not recognised.
"""

from __future__ import annotations

import os
import sysconfig
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import cast

from agentkit.redaction.exceptions import RedactedError, chained_exceptions, redact_exception

MAX_TEXT_CHARS = 500
"""Characters of an exception's text in its summary."""
_OWN_FOLDER = f"{Path(__file__).parents[1]}{os.sep}"
_LIBRARY_FOLDERS = tuple({sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")})
_INSTALLED = ("site-packages", "dist-packages")


def summarize_exception(error: BaseException, redact: Callable[[str], str]) -> str:
    """Return `PermissionError: only managers may cancel (desk.py:67)`; of a group, its first exception and a count."""
    first, *others = list(_leaves(error))
    if isinstance(first, RedactedError) and first.summary:
        said = first.summary
    else:
        text = clipped_line(redact(exception_text(first)), MAX_TEXT_CHARS)
        said = f"{type(first).__name__}: {text}" if text else type(first).__name__
        if (place := place_of(first)) or (place := place_of(error)):
            said = f"{said} ({place})"
    return f"{said}, and {len(others)} more" if others else said


def first_exception(error: BaseException) -> BaseException:
    """Return the exception, or the first one inside of groups."""
    return next(_leaves(error))


def exception_text(error: BaseException) -> str:
    """Return `str(error)`, or what Python's own tracebacks show where that fails."""
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - an exception class of the user whose `__str__` raises
        return "<exception str() failed>"


def clipped_line(text: str, max_chars: int) -> str:
    """Return a text on one line, without control characters, that could forge lines or move a terminal's cursor."""
    short = text[: 8 * max_chars]
    line = " ".join("".join(char if char.isprintable() else " " for char in short).split())
    return line if len(line) <= max_chars and len(short) == len(text) else f"{line[: max_chars - 1]}…"


def place_of(error: BaseException) -> str:
    """Return the place that an exception is from as `desk.py:67`; empty if none is known.

    It is the innermost line of the user's own code; where all code is of libraries, the innermost line of the first.
    An exception of this package itself has none: the traceback says more.
    """
    if isinstance(error, SyntaxError) and error.filename:
        return f"{Path(error.filename).name}:{error.lineno}"
    lines = [
        (frame.f_code.co_filename, number)
        for frame, number in traceback.walk_tb(traceback_of_user(error.__traceback__))
    ]
    if not lines or _is_own(lines[0][0]):
        return ""
    of_user = [line for line in lines if not _is_of_library(line[0])]
    file, number = (of_user or [line for line in lines if line[0] == lines[0][0]])[-1]
    return f"{Path(file).name}:{number}"


def traceback_of_user(trace: TracebackType | None) -> TracebackType | None:
    """Return a traceback from the first frame of the user's code on, or of a library's; all of it if there is none."""
    entries: list[TracebackType] = []
    while trace is not None:
        entries.append(trace)
        trace = trace.tb_next
    for is_left_out in (_is_of_library, _is_own):
        for entry in entries:
            if not is_left_out(entry.tb_frame.f_code.co_filename):
                return entry
    return entries[0] if entries else None


def exception_without_secrets(error: BaseException, redact: Callable[[str], str]) -> BaseException:
    """Return the exception if nothing in its chain shows a secret; else a copy of its type, or a RedactedError.

    The exception itself is never changed: the tool that raised it may keep it.
    """
    if not _shows_secret(error, redact):
        return error
    summary = summarize_exception(error, redact)
    try:
        args = tuple(redact(part) if isinstance(part, str) else part for part in cast("tuple[object, ...]", error.args))
        copy = type(error).__new__(type(error), *args)
        copy.args = args
        copy.__dict__.update(_redacted_attributes(error, redact))
        copy.__cause__, copy.__context__ = error.__cause__, error.__context__
        copy.__suppress_context__ = error.__suppress_context__
        redact_exception(copy, redact)
    except Exception:  # noqa: BLE001 - an exception class of the user that cannot be made in this way
        return RedactedError(summary, summary)
    if _shows_secret(copy, redact) or exception_text(copy) != redact(exception_text(error)):
        return RedactedError(summary, summary)
    return copy.with_traceback(error.__traceback__)


def _redacted_attributes(error: BaseException, redact: Callable[[str], str]) -> dict[str, object]:
    """Return the attributes without secrets in texts and lists of texts, as `__notes__` is."""
    found: dict[str, object] = dict(vars(error))
    for name, value in found.items():
        if isinstance(value, str):
            found[name] = redact(value)
        elif isinstance(value, list):
            parts = cast("list[object]", value)
            found[name] = [redact(part) if isinstance(part, str) else part for part in parts]
    return found


def _shows_secret(error: BaseException, redact: Callable[[str], str]) -> bool:
    for one in chained_exceptions(error):
        values = (*one.args, *vars(one).values())
        texts = [*traceback.format_exception_only(one), *(value for value in values if isinstance(value, str))]
        if any(redact(text) != text for text in texts):
            return True
    return False


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if not isinstance(error, BaseExceptionGroup):
        yield error
        return
    for inside in cast("BaseExceptionGroup[BaseException]", error).exceptions:
        yield from _leaves(inside)


def _is_own(filename: str) -> bool:
    return filename.startswith(_OWN_FOLDER)


def _is_of_library(filename: str) -> bool:
    is_installed = filename.startswith(_LIBRARY_FOLDERS) or any(name in filename for name in _INSTALLED)
    return is_installed or _is_own(filename) or filename.startswith("<frozen ")
