"""The lines of a docstring: fenced blocks, what is indented below a line, and prose that is wrapped."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence

_FENCE = re.compile(r"\s*(`{3,}|~{3,})")
_STRUCTURE = re.compile(r"\s|[-*+•|]|\d+[.)]\s|>>>|\.\.\.|[=~^`]{3}|#{1,6}\s|:\w+")
"""The beginning of a line that is no prose: of a list, a table, code, a heading."""


def flow(lines: Sequence[str]) -> str:
    """Join the wrapped lines of prose; lists, tables and code keep their lines and their indentation.

    Args:
        lines: The first line, and the others with the indentation that they have in the docstring.
    """
    if len(lines) == 1:
        return lines[0].strip()
    rest = textwrap.dedent("\n".join(lines[1:])).splitlines()
    written = [line.rstrip() for line in (lines[0].strip(), *rest)]
    flowing: list[str] = []
    at = 0
    while at < len(written):
        end = end_of_fence(written, at)
        if end > at:
            flowing += written[at:end]
        elif (
            written[at]
            and flowing
            and flowing[-1]
            and not (_STRUCTURE.match(written[at]) or _STRUCTURE.match(flowing[-1]))
        ):
            flowing[-1] += f" {written[at]}"
        else:
            flowing.append(written[at])
        at = max(end, at + 1)
    return "\n".join(flowing).strip("\n")


def entry_blocks(lines: Sequence[str]) -> Iterator[list[str]]:
    """Yield the entries of a section: each begins at its left margin, and has the lines that are indented more."""
    margin = min((_indentation(line) for line in lines if line.strip()), default=0)
    block: list[str] = []
    at = 0
    while at < len(lines):
        end = max(at + 1, end_of_fence(lines, at))
        if block and lines[at].strip() and _indentation(lines[at]) <= margin:
            yield block
            block = []
        block += lines[at:end]
        at = end
    if block:
        yield block


def _indentation(line: str) -> int:
    return len(line) - len(line.lstrip())


def end_of_fence(lines: Sequence[str], at: int) -> int:
    """Return the line behind a fenced block that begins at a line; that line itself if none does."""
    fence = _FENCE.match(lines[at])
    if fence is None:
        return at
    for end in range(at + 1, len(lines)):
        closing = lines[end].strip()
        if closing.startswith(fence[1]) and not closing.strip(fence[1][0]):
            return end + 1
    return at


def end_of_block(lines: Sequence[str], at: int) -> int:
    """Return the line behind a field and the lines below it that are indented."""
    end = at + 1
    for i, line in enumerate(lines[at + 1 :], at + 1):
        if line.strip() and not line[0].isspace():
            break
        end = i + 1 if line.strip() else end
    return end
