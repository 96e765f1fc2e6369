"""Lines of files that match; also a program of its own, so that a regular expression that never ends can be stopped.

As a program it reads a JSON object with the arguments of `search` from standard input and writes what it returns to
standard output, or one string: what is wrong with the pattern. It imports the standard library alone.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

MOST_MATCHES = 100
MOST_LINE_CHARS = 300
"""Characters of a line that are shown, around the match."""
MOST_BYTES = 20_000_000
"""Bytes of a file that is searched; bigger ones are left out."""


def search(root: str, names: Iterable[str], pattern: str, *, is_regex: bool, seconds: float) -> tuple[list[str], str]:
    """The first matching lines as `path:line: text`, and why there may be more (empty: these are all).

    Args:
        root: The folder that the names are relative to.
        names: The files to search, in this order.
        pattern: What a line has to contain; upper and lower case count only where it has upper case itself.
        is_regex: Whether the pattern is a regular expression.
        seconds: When to stop between two lines.

    Raises:
        re.error: The pattern is no regular expression.
    """
    find = _finder(pattern, is_regex=is_regex)
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
                found.append(f"{name}:{number}: {_shown(line, at)}")
                if len(found) == MOST_MATCHES:
                    return found, f"the first {MOST_MATCHES} matches are shown"
            if time.monotonic() > deadline:
                return found, f"the search stopped after {seconds:g} seconds, in {name}"
    return found, ""


def _finder(pattern: str, *, is_regex: bool) -> Callable[[str], int | None]:
    ignores_case = pattern == pattern.lower()
    expression = re.compile(pattern if is_regex else re.escape(pattern), re.IGNORECASE if ignores_case else 0)

    def find(line: str) -> int | None:
        match = expression.search(line)
        return match.start() if match is not None else None

    return find


def _shown(line: str, at: int) -> str:
    start = max(0, at - MOST_LINE_CHARS // 3)
    shown = line[start : start + MOST_LINE_CHARS].strip()
    return ("..." if start else "") + shown + ("..." if start + MOST_LINE_CHARS < len(line) else "")


if __name__ == "__main__":
    try:
        answer: object = search(**json.load(sys.stdin))
    except (re.error, OverflowError, RecursionError, MemoryError) as error:
        answer = str(error) or type(error).__name__
    json.dump(answer, sys.stdout)
