"""Store the content of an artifact in memory or in a temporary file, until nothing refers to it any more.

All runs of the process share one pool of memory; content that does not fit is written to a file. A text is read in
parts: a long one is never in memory as a whole, and no search blocks other threads for long.
"""

from __future__ import annotations

import os
import re
import sys
import weakref
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from threading import Lock
from typing import Protocol, TypeAlias

MAX_MEMORY_BYTES = 32 * 1024 * 1024
"""Bytes of memory for all artifacts of this process; further content goes to files."""

WholeContent: TypeAlias = str | bytes
"""The whole content of an artifact: text, or bytes that are not text."""

_CHUNK = 64 * 1024
"""Characters that are written, and therefore read, at once."""
_WINDOW_CHARS = 1024 * 1024
"""Characters that are searched at once."""
_OVERLAP_CHARS = 10_000
"""Characters that a match may reach into the next window."""


class MemoryPool:
    """A pool of memory that contents reserve and release, from any thread."""

    def __init__(self, max_bytes: int = MAX_MEMORY_BYTES) -> None:
        self._free_bytes = max_bytes
        self._returned: deque[int] = deque()
        self._lock = Lock()

    def reserve(self, size: int) -> bool:
        """Reserve bytes. False: not enough are free."""
        with self._lock:
            while self._returned:
                self._free_bytes += self._returned.popleft()
            if size > self._free_bytes:
                return False
            self._free_bytes -= size
            return True

    def release(self, size: int) -> None:
        """Release reserved bytes. The garbage collector calls this at any point, so it must not wait for a lock."""
        self._returned.append(size)


class StoredContents(Protocol):
    """The stored content of one artifact. Lengths and positions count characters of a text, bytes otherwise."""

    is_text: bool
    length: int
    size_bytes: int
    """The bytes that count towards the limits."""

    def read_whole(self) -> WholeContent:
        """Return the whole content."""
        ...

    def read_part(self, start: int, end: int) -> str:
        """Return a part of a text."""
        ...


def store_contents(whole: WholeContent, memory: MemoryPool) -> StoredContents:
    """Store content in memory where the pool has room, in a file otherwise. Raises OSError if the file fails."""
    size = sys.getsizeof(whole)
    return MemoryContents(whole, size, memory) if memory.reserve(size) else FileContents(whole, size)


class MemoryContents:
    """Contents in memory."""

    def __init__(self, whole: WholeContent, size: int, memory: MemoryPool) -> None:
        weakref.finalize(self, memory.release, size)
        self._whole = whole
        self.is_text = isinstance(whole, str)
        self.length = len(whole)
        self.size_bytes = size

    def read_whole(self) -> WholeContent:
        """See `StoredContents.read_whole`."""
        return self._whole

    def read_part(self, start: int, end: int) -> str:
        """See `StoredContents.read_part`."""
        return str(self._whole[start:end])


class FileContents:
    """Contents in a temporary file, which is removed with them, or at the latest at the exit of the process."""

    def __init__(self, whole: WholeContent, size: int) -> None:
        import tempfile  # with the compressors of the standard library, for which nobody else asks

        descriptor, name = tempfile.mkstemp(prefix="agentkit-artifact-")
        self._path = Path(name)
        weakref.finalize(self, _remove_file, self._path, os.getpid())
        self.is_text = isinstance(whole, str)
        self.length = len(whole)
        self.size_bytes = size
        self._starts = [0]
        """The file position of each chunk, and the end of the last one: UTF-8 has no fixed width."""
        with os.fdopen(descriptor, "wb") as file:
            for start in range(0, len(whole), _CHUNK):
                piece = whole[start : start + _CHUNK]
                file.write(piece if isinstance(piece, bytes) else piece.encode())
                self._starts.append(file.tell())

    def read_whole(self) -> WholeContent:
        """See `StoredContents.read_whole`."""
        data = self._path.read_bytes()
        return data.decode() if self.is_text else data

    def read_part(self, start: int, end: int) -> str:
        """See `StoredContents.read_part`."""
        first, last = start // _CHUNK, min(-(-end // _CHUNK), len(self._starts) - 1)
        if first >= last:
            return ""
        with self._path.open("rb") as file:
            file.seek(self._starts[first])
            text = file.read(self._starts[last] - self._starts[first]).decode()
        return text[start - first * _CHUNK : end - first * _CHUNK]


def _remove_file(path: Path, process: int) -> None:
    if os.getpid() == process:  # a forked process must not remove the files of its parent
        path.unlink(missing_ok=True)


def find_matches(contents: StoredContents, pattern: re.Pattern[str], start: int = 0) -> Iterator[tuple[int, int]]:
    """Yield the start and end of each match of a pattern in a text, from `start` on."""
    while start < contents.length:
        end = start + _WINDOW_CHARS
        window = contents.read_part(start, end + _OVERLAP_CHARS)
        behind = end
        for match in pattern.finditer(window):
            if match.start() >= _WINDOW_CHARS:
                break
            yield start + match.start(), start + match.end()
            behind = max(behind, start + match.end())
        start = behind
