"""Search files for matching lines; also runs as a separate process, which can be killed if a pattern never ends.

As a program it reads the arguments of the search as a JSON object from standard input, and writes to standard output
its result, or one string with the error in the pattern.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from agentkit_tools.text_lines import TextFile, open_text
from agentkit_tools.unreadable import NotReadable

MOST_MATCHES = 100
"""Maximum number of lines that a search returns."""
MOST_LINE_CHARS = 300
"""Maximum number of characters shown of a line, around the match."""


@dataclass(slots=True)
class Found:
    """The result of a search."""

    lines: list[str] = field(default_factory=list[str])
    """The first matching lines, as `path:line: text`."""
    stopped: str = ""
    """The reason for stopping early. Empty: all files were searched."""
    searched: int = 0
    """Number of files that were searched to their end."""
    unread: list[str] = field(default_factory=list[str])
    """The files that were not searched, each with the reason: `a.bin (binary)`."""


def search_lines(root: str, names: Iterable[str], pattern: str, *, is_regex: bool, seconds: float) -> Found:
    """Search files of any size, in UTF-8 or in the encoding of their byte order mark.

    Args:
        root: The folder that the names are relative to.
        names: The files to search, in this order.
        pattern: The text that a line has to contain; case is ignored unless the pattern has upper case.
        is_regex: True if the pattern is a regular expression.
        seconds: Time after which the search stops.

    Raises:
        re.error: The pattern is no regular expression.
    """
    find = _block_matcher(pattern, is_regex=is_regex)
    deadline = time.monotonic() + seconds
    found = Found()
    for name in names:
        try:
            with open_text(Path(root, name)) as opened:
                text_file = TextFile(opened)
                for number, line, at in _matches(text_file, find, deadline):
                    found.lines.append(f"{name}:{number}: {_excerpt(line, at)}")
                    if len(found.lines) == MOST_MATCHES:
                        found.stopped = f"the first {MOST_MATCHES} matches are shown"
                        return found
        except TimeoutError:
            found.stopped = f"the search stopped after {seconds:g} seconds, in {name}"
            return found
        except NotReadable as error:
            found.unread.append(f"{name} ({error})")
            continue
        except OSError as error:
            found.unread.append(f"{name} ({(error.strerror or type(error).__name__).lower()})")
            continue
        found.searched += 1
        if not text_file.is_exact and not pattern.isascii():
            found.unread.append(f"{name} (not UTF-8, so that only its ASCII characters can be found)")
    return found


_Find = Callable[[str, float], Iterator[tuple[int, str, int]]]
"""Yields line in the block, text and place of each match; raises TimeoutError at a time."""


def _matches(text_file: TextFile, find: _Find, deadline: float) -> Iterator[tuple[int, str, int]]:
    before = 0
    for block in text_file:
        if time.monotonic() > deadline:
            raise TimeoutError
        lines = len(block.splitlines())
        yield from ((before + number, line, at) for number, line, at in find(block, deadline))
        before += lines


def _block_matcher(pattern: str, *, is_regex: bool) -> _Find:
    ignores_case = pattern == pattern.lower()
    expression = re.compile(pattern if is_regex else re.escape(pattern), re.IGNORECASE if ignores_case else 0)

    def find(block: str, deadline: float) -> Iterator[tuple[int, str, int]]:
        if not is_regex and expression.search(block) is None:
            return  # a text is looked for in all lines at once, which is much faster
        for number, line in enumerate(block.splitlines(), 1):
            match = expression.search(line)
            if match is not None:
                yield number, line, match.start()
            if time.monotonic() > deadline:
                raise TimeoutError

    return find


def _excerpt(line: str, at: int) -> str:
    start = max(0, at - MOST_LINE_CHARS // 3)
    shown = line[start : start + MOST_LINE_CHARS].strip()
    return ("..." if start else "") + shown + ("..." if start + MOST_LINE_CHARS < len(line) else "")


def main() -> None:
    """Search as a program."""
    try:
        answer: object = asdict(search_lines(**json.load(sys.stdin)))
    except (re.error, OverflowError, RecursionError, MemoryError) as error:
        answer = str(error) or type(error).__name__
    json.dump(answer, sys.stdout)
