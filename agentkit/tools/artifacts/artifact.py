"""Artifacts: tool results that are kept whole outside the conversation, while the model gets a handle.

Handles number the calls in the model's order, never in the order in which calls end: `artifact-3` is the result of the
third call of a conversation, `artifact-3-2` that of the second call of the sub-agent that the third call started. So
the same run always gives the same handles.
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
"""The tool that reads a range of characters of an artifact."""
SEARCH_TOOL = "search_artifact"
"""The tool that finds words in an artifact."""
READ_TOOL = "read_artifact"
"""The tool that reads a whole artifact, or a part of JSON by its path."""

_BEGINNING = 80
"""Characters of a text that serve as its summary."""
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
    """A tool's return value for a result that the model should not read through: a table, a report, a file.

    It is kept whole outside the conversation. The model gets a handle with type, size and summary, and reads in it
    with tools or passes the handle on to a sub-agent; `result.artifacts` has it, too.
    """

    content: object = field(repr=False)
    """Text, bytes, or any value that pydantic can write, which is kept as JSON."""
    summary: str = ""
    """The content in one line: all that the model knows of it at first."""
    name: str = ""
    """A file name for it: `sales.csv`."""
    media_type: str = ""
    """The media type: `text/csv`. Empty: detected from the content."""


def handles_in(text: str) -> list[str]:
    """Return the handles that a text names, each once, in order of appearance."""
    return list(dict.fromkeys(match[0] for match in _HANDLE.finditer(text)))


def kind_of(data: bytes) -> str:
    """Return the media type of bytes with a known signature; empty otherwise."""
    return next((kind for start, kind in _SIGNATURES.items() if data.startswith(start)), "")


def described(data: bytes) -> str:
    """Return a phrase with the number of bytes, and their media type if it is detected."""
    kind = kind_of(data)
    return f"{len(data):,} bytes that are not UTF-8 text" + (f" ({kind})" if kind else "")


@dataclass(slots=True)
class Shelf:
    """Keeps the result of one call, under the handle of that call; several artifacts get `.1`, `.2` and so on."""

    store: ArtifactStore
    handle: str
    _count: int = 0

    def keep(self, whole: Whole, label: Label | None = None) -> str | None:
        """Keep one artifact of the result and return its handle. None: it is too large."""
        handle = f"{self.handle}.{self._count + 1}" if self._count else self.handle
        if not self.store.keep(handle, whole, label or _label_of(whole)):
            return None
        self._count += 1
        return handle


@dataclass(slots=True)
class Artifacts:
    """Numbers the calls of one conversation, and keeps their artifacts; `for_subagent` does so below a call."""

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
        """Number the nth call of a turn that is still streaming, as `number_calls` will in the complete turn."""
        self._numbers[call_id] = self._counted + nth

    def shelf(self, call_id: str) -> Shelf:
        """Return the slot in which the result of a call is kept."""
        return Shelf(self.store, self._name_of(call_id))

    def under(self, call_id: str) -> Artifacts:
        """Return the artifacts of the sub-agent that a call started."""
        return Artifacts(self.store, self._name_of(call_id))

    def kept(self) -> dict[str, KeptArtifact]:
        """Return the artifacts of this conversation and its sub-agents, by handle."""
        return self.store.under(f"{self.name}-")

    def are_named_in(self, text: str) -> bool:
        """True if a text names the handle of an artifact that is kept, in any conversation of the store."""
        return any(self.store.get(handle) is not None for handle in handles_in(text))

    def go_on(self, text: str) -> None:
        """Continue after the handles that a restored conversation names; the content of these is gone."""
        self.store.lose(handles_in(text))
        self._counted = max([self._counted, *(int(match[1]) for match in _HANDLE.finditer(text))])

    def _name_of(self, call_id: str) -> str:
        if call_id not in self._numbers:
            self.expect([call_id])
        return f"{self.name}-{self._numbers[call_id]}"


def _label_of(whole: Whole) -> Label:
    """Return a label for a result that its tool did not describe: its media type, or how its text begins."""
    if isinstance(whole, bytes):
        return Label(kind_of(whole) or "application/octet-stream")
    return Label(summary=" ".join(whole[: 10 * _BEGINNING].split())[:_BEGINNING])
