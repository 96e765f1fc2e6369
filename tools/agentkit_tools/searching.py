"""Search files for matching lines; also runs as a separate process, which can be killed if a pattern never ends.

As a program it reads the arguments of the search as a JSON object from standard input, and writes to standard output
its result, or one string with the error in the pattern. It imports only the standard library.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

MOST_MATCHES = 100
"""Maximum number of lines that a search returns."""
MOST_LINE_CHARS = 300
"""Maximum number of characters shown of a line, around the match."""
MOST_BYTES = 20_000_000
"""Maximum size of a searched file in bytes; bigger ones are skipped."""


def search_lines(
    root: str, names: Iterable[str], pattern: str, *, is_regex: bool, seconds: float
) -> tuple[list[str], str]:
    """Return the first matching lines as `path:line: text`, and the reason for stopping early (empty: all were found).

    Args:
        root: The folder that the names are relative to.
        names: The files to search, in this order.
        pattern: The text that a line has to contain; case is ignored unless the pattern has upper case.
        is_regex: True if the pattern is a regular expression.
        seconds: Time after which the search stops, checked between lines.

    Raises:
        re.error: The pattern is no regular expression.
    """
    find = _line_matcher(pattern, is_regex=is_regex)
    deadline = time.monotonic() + seconds
    found: list[str] = []
    for name in names:
        file = Path(root, name)
        try:
            data = file.read_bytes() if file.stat().st_size <= MOST_BYTES else b"\0"
        except OSError:
            continue
        if b"\0" in data[:8192]:
            continue
        for number, line in enumerate(data.decode(errors="replace").splitlines(), 1):
            at = find(line)
            if at is not None:
                found.append(f"{name}:{number}: {_excerpt(line, at)}")
                if len(found) == MOST_MATCHES:
                    return found, f"the first {MOST_MATCHES} matches are shown"
            if time.monotonic() > deadline:
                return found, f"the search stopped after {seconds:g} seconds, in {name}"
    return found, ""


def _line_matcher(pattern: str, *, is_regex: bool) -> Callable[[str], int | None]:
    ignores_case = pattern == pattern.lower()
    expression = re.compile(pattern if is_regex else re.escape(pattern), re.IGNORECASE if ignores_case else 0)

    def find(line: str) -> int | None:
        match = expression.search(line)
        return match.start() if match is not None else None

    return find


def _excerpt(line: str, at: int) -> str:
    start = max(0, at - MOST_LINE_CHARS // 3)
    shown = line[start : start + MOST_LINE_CHARS].strip()
    return ("..." if start else "") + shown + ("..." if start + MOST_LINE_CHARS < len(line) else "")


if __name__ == "__main__":
    try:
        answer: object = search_lines(**json.load(sys.stdin))
    except (re.error, OverflowError, RecursionError, MemoryError) as error:
        answer = str(error) or type(error).__name__
    json.dump(answer, sys.stdout)
