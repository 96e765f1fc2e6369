"""Large tool results kept by reference: the model gets a part and a handle, the whole stays in memory beside the run.

Handles count calls in the model's order, never the order in which calls happen to end: `artifact-3` is what the third
call of a conversation brought, `artifact-3-2` what the second call of the sub-agent behind it did. The same run gives
the same things the same names.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from agentkit.errors import ToolError
from agentkit.near_words import nearest

MAX_STORED_BYTES = 256 * 1024 * 1024
"""The memory for all that a conversation and the agents below it keep; the oldest goes first."""
PEEK_TOOL = "peek_artifact"
"""The tool that reads a part of what is kept."""
SEARCH_TOOL = "search_artifact"
"""The tool that finds words in it."""

Whole: TypeAlias = str | bytes
"""What is kept: text, or bytes that are no text."""

_HANDLE = re.compile(r"\bartifact-(\d+)(?:-\d+)*(?:\.\d+)?")
_SIGNATURES: Mapping[bytes, str] = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
    b"%PDF-": "application/pdf",
    b"PK\x03\x04": "application/zip",
    b"\x1f\x8b": "application/gzip",
    b"SQLite format 3\x00": "application/vnd.sqlite3",
}


def handles_in(text: str) -> list[str]:
    """The handles that a text names, each once, in the order in which they come."""
    return list(dict.fromkeys(match[0] for match in _HANDLE.finditer(text)))


def described(data: bytes) -> str:
    """How many bytes these are, and of which kind where their beginning tells."""
    kind = next((kind for start, kind in _SIGNATURES.items() if data.startswith(start)), None)
    return f"{len(data):,} bytes that are not UTF-8 text" + (f" ({kind})" if kind else "")


@dataclass(slots=True)
class ArtifactStore:
    """What a whole tree of runs has kept, so that agents can pass handles to one another."""

    max_bytes: int = MAX_STORED_BYTES
    _kept: dict[str, Whole] = field(default_factory=dict[str, Whole], repr=False)
    _gone: set[str] = field(default_factory=set[str], repr=False)
    _bytes: int = 0

    def keep(self, handle: str, whole: Whole) -> bool:
        """Keep something, and let the oldest go where there is no room. False: it is larger than all the room."""
        size = sys.getsizeof(whole)
        if size > self.max_bytes:
            return False
        self._drop(handle)
        while self._kept and self._bytes + size > self.max_bytes:
            oldest = next(iter(self._kept))
            self._drop(oldest)
            self._gone.add(oldest)
        self._kept[handle] = whole
        self._bytes += size
        self._gone.discard(handle)
        return True

    def lose(self, handles: Iterable[str]) -> None:
        """Know handles whose content is gone: those of a conversation that another process began."""
        self._gone.update(handles)

    def find(self, handle: str) -> Whole:
        """What is kept under a handle. Raises ToolError, with the handles that there are, when nothing is."""
        handle = handle.strip()
        whole = self._kept.get(handle)
        if whole is not None:
            return whole
        if handle in self._gone:
            raise ToolError(
                f"`{handle}` is no longer kept: results stay only while the program runs, at most "
                f"{self.max_bytes // 2**20:,} MiB of them, and the oldest go first.",
                hint="Make the call that brought it again, for a smaller part if that can be asked for.",
            )
        known = sorted(self._kept, key=lambda kept: [int(number) for number in re.findall(r"\d+", kept)])
        near = nearest(handle, known) or nearest(f"artifact-{handle}", known)
        meant = f" Did you mean `{near}`?" if near else ""
        kept = f"Kept are: {', '.join(known)}." if known else "Nothing has been kept so far."
        raise ToolError(f"There is no artifact `{handle}`.{meant} {kept}")

    def _drop(self, handle: str) -> None:
        if handle in self._kept:
            self._bytes -= sys.getsizeof(self._kept.pop(handle))


@dataclass(slots=True)
class Shelf:
    """Where the result of one call is kept; bytes make an artifact each, so there may be several, counted."""

    store: ArtifactStore
    handle: str
    _count: int = 0

    def keep(self, whole: Whole) -> str | None:
        """Keep a part of the result and return its handle. None: it is too large to be kept."""
        handle = f"{self.handle}.{self._count + 1}" if self._count else self.handle
        if not self.store.keep(handle, whole):
            return None
        self._count += 1
        return handle


@dataclass(slots=True)
class Artifacts:
    """The artifacts of one conversation, and through `under` of every conversation below it."""

    store: ArtifactStore = field(default_factory=ArtifactStore)
    name: str = "artifact"
    _numbers: dict[str, int] = field(default_factory=dict[str, int], repr=False)
    _counted: int = 0

    def expect(self, call_ids: Iterable[str]) -> None:
        """Number the calls of a turn, in the model's order and before the first one runs."""
        for call_id in call_ids:
            self._counted += 1
            self._numbers[call_id] = self._counted

    def foresee(self, call_id: str, nth: int) -> None:
        """Number the nth call of a turn that is not whole yet; as `expect` will, when it is."""
        self._numbers[call_id] = self._counted + nth

    def shelf(self, call_id: str) -> Shelf:
        """Where the result of a call is kept."""
        return Shelf(self.store, self._name_of(call_id))

    def under(self, call_id: str) -> Artifacts:
        """The artifacts of the sub-agent that a call started."""
        return Artifacts(self.store, self._name_of(call_id))

    def go_on(self, text: str) -> None:
        """Count on behind the handles that an earlier part of the conversation names; what they stood for is gone."""
        self.store.lose(handles_in(text))
        self._counted = max([self._counted, *(int(match[1]) for match in _HANDLE.finditer(text))])

    def _name_of(self, call_id: str) -> str:
        if call_id not in self._numbers:
            self.expect([call_id])
        return f"{self.name}-{self._numbers[call_id]}"
