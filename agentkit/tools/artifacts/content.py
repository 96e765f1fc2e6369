"""The content of one artifact, in memory or in a file. It is gone when nobody holds it any more.

Memory is shared by all runs of the process: what has no room in it is written to a temporary file. A text is read in
parts, so that a long one never is in memory as a whole, and no search holds up other threads for long.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
import weakref
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from threading import Lock
from typing import Protocol, TypeAlias

MAX_MEMORY_BYTES = 32 * 1024 * 1024
"""The memory for all that is kept in this process; what is more goes to files."""

Whole: TypeAlias = str | bytes
"""What is kept: text, or bytes that are no text."""

_CHUNK = 64 * 1024
"""Characters that are written, and so read, together."""
_WINDOW = 1024 * 1024
"""Characters that are searched together."""
_OVERLAP = 10_000
"""How far a place that is found may reach into the next window."""


class Room:
    """Memory that contents take and give back, from any thread."""

    def __init__(self, max_bytes: int = MAX_MEMORY_BYTES) -> None:
        self._free = max_bytes
        self._returned: deque[int] = deque()
        self._lock = Lock()

    def take(self, size: int) -> bool:
        """Take so many bytes. False: there are not so many."""
        with self._lock:
            while self._returned:
                self._free += self._returned.popleft()
            if size > self._free:
                return False
            self._free -= size
            return True

    def give_back(self, size: int) -> None:
        """Have them again. The garbage collector calls it, in the middle of anything: it must not wait for a lock."""
        self._returned.append(size)


class Contents(Protocol):
    """What is kept of one artifact. Lengths and places are in characters of a text, in bytes otherwise."""

    is_text: bool
    length: int
    size: int
    """The bytes that it is counted as."""

    def whole(self) -> Whole:
        """All of it."""
        ...

    def part(self, start: int, end: int) -> str:
        """A part of a text."""
        ...


def stored(whole: Whole, room: Room) -> Contents:
    """Keep something in memory where there is room, in a file otherwise. Raises OSError where that does not work."""
    size = sys.getsizeof(whole)
    return InMemory(whole, size, room) if room.take(size) else OnDisk(whole, size)


class InMemory:
    """Contents that are at hand."""

    def __init__(self, whole: Whole, size: int, room: Room) -> None:
        weakref.finalize(self, room.give_back, size)
        self._whole = whole
        self.is_text = isinstance(whole, str)
        self.length = len(whole)
        self.size = size

    def whole(self) -> Whole:
        """See `Contents.whole`."""
        return self._whole

    def part(self, start: int, end: int) -> str:
        """See `Contents.part`."""
        return str(self._whole[start:end])


class OnDisk:
    """Contents in a file of their own, which goes with them, or at the latest with the process."""

    def __init__(self, whole: Whole, size: int) -> None:
        descriptor, name = tempfile.mkstemp(prefix="agentkit-artifact-")
        self._path = Path(name)
        weakref.finalize(self, _remove, self._path, os.getpid())
        self.is_text = isinstance(whole, str)
        self.length = len(whole)
        self.size = size
        self._starts = [0]
        """Where each chunk of a text begins in the file, and where the last one ends: UTF-8 has no fixed width."""
        with os.fdopen(descriptor, "wb") as file:
            for start in range(0, len(whole), _CHUNK):
                piece = whole[start : start + _CHUNK]
                file.write(piece if isinstance(piece, bytes) else piece.encode())
                self._starts.append(file.tell())

    def whole(self) -> Whole:
        """See `Contents.whole`."""
        data = self._path.read_bytes()
        return data.decode() if self.is_text else data

    def part(self, start: int, end: int) -> str:
        """See `Contents.part`."""
        first, last = start // _CHUNK, min(-(-end // _CHUNK), len(self._starts) - 1)
        if first >= last:
            return ""
        with self._path.open("rb") as file:
            file.seek(self._starts[first])
            text = file.read(self._starts[last] - self._starts[first]).decode()
        return text[start - first * _CHUNK : end - first * _CHUNK]


def _remove(path: Path, process: int) -> None:
    if os.getpid() == process:  # a fork that ends leaves the files of its parent alone
        path.unlink(missing_ok=True)


def places(contents: Contents, pattern: re.Pattern[str], start: int = 0) -> Iterator[tuple[int, int]]:
    """Where a pattern is found in a text, from a place on, one behind the other."""
    while start < contents.length:
        end = start + _WINDOW
        window = contents.part(start, end + _OVERLAP)
        behind = end
        for match in pattern.finditer(window):
            if match.start() >= _WINDOW:
                break
            yield start + match.start(), start + match.end()
            behind = max(behind, start + match.end())
        start = behind
