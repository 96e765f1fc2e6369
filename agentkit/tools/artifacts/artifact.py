"""Tool results kept by reference: the model gets a handle, the whole stays beside the run.

Handles count calls in the model's order, never the order in which calls happen to end: `artifact-3` is what the third
call of a conversation brought, `artifact-3-2` what the second call of the sub-agent behind it did. The same run gives
the same things the same names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agentkit.tools.artifacts.store import ArtifactStore, KeptArtifact, Label

if TYPE_CHECKING:
    from agentkit.tools.artifacts.content import Whole

PEEK_TOOL = "peek_artifact"
"""The tool that reads a part of what is kept."""
SEARCH_TOOL = "search_artifact"
"""The tool that finds words in it."""
READ_TOOL = "read_artifact"
"""The tool that reads it whole, or a part of JSON by its path."""

_BEGINNING = 80
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


@dataclass(frozen=True, slots=True)
class Artifact:
    """A result for a tool to return that the model should know of but not read through: a table, a report, a file.

    It is kept whole beside the run. The model gets a handle with type, size and summary, and reads in it with tools or
    passes the handle on to a sub-agent; `result.artifacts` has it, too.
    """

    content: object = field(repr=False)
    """Text, bytes, or any value that pydantic can write, which is kept as JSON."""
    summary: str = ""
    """What it holds, in one line: all that the model knows of it at first."""
    name: str = ""
    """A file name for it: `sales.csv`."""
    media_type: str = ""
    """What it is: `text/csv`. Empty: told by the content."""


def handles_in(text: str) -> list[str]:
    """The handles that a text names, each once, in the order in which they come."""
    return list(dict.fromkeys(match[0] for match in _HANDLE.finditer(text)))


def kind_of(data: bytes) -> str:
    """The media type of bytes where their beginning tells; empty otherwise."""
    return next((kind for start, kind in _SIGNATURES.items() if data.startswith(start)), "")


def described(data: bytes) -> str:
    """How many bytes these are, and of which kind where their beginning tells."""
    kind = kind_of(data)
    return f"{len(data):,} bytes that are not UTF-8 text" + (f" ({kind})" if kind else "")


@dataclass(slots=True)
class Shelf:
    """Where the result of one call is kept; it may be several artifacts, which are counted."""

    store: ArtifactStore
    handle: str
    _count: int = 0

    def keep(self, whole: Whole, label: Label | None = None) -> str | None:
        """Keep a part of the result and return its handle. None: it is too large to be kept."""
        handle = f"{self.handle}.{self._count + 1}" if self._count else self.handle
        if not self.store.keep(handle, whole, label or _label_of(whole)):
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

    def kept(self) -> dict[str, KeptArtifact]:
        """What is kept of this conversation and those below it, by handle."""
        return self.store.under(f"{self.name}-")

    def are_named_in(self, text: str) -> bool:
        """Whether a text names something that is kept, by whoever it was."""
        return any(self.store.get(handle) is not None for handle in handles_in(text))

    def go_on(self, text: str) -> None:
        """Count on behind the handles that an earlier part of the conversation names; what they stood for is gone."""
        self.store.lose(handles_in(text))
        self._counted = max([self._counted, *(int(match[1]) for match in _HANDLE.finditer(text))])

    def _name_of(self, call_id: str) -> str:
        if call_id not in self._numbers:
            self.expect([call_id])
        return f"{self.name}-{self._numbers[call_id]}"


def _label_of(whole: Whole) -> Label:
    """What can be said of a result that its tool said nothing of."""
    if isinstance(whole, bytes):
        return Label(kind_of(whole) or "application/octet-stream")
    return Label(summary=" ".join(whole[: 10 * _BEGINNING].split())[:_BEGINNING])
