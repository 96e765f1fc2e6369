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

from agentkit.tools.artifacts.store import ArtifactLabel, ArtifactStore, KeptArtifact

if TYPE_CHECKING:
    from agentkit.tools.artifacts.content import WholeContent

PEEK_TOOL = "peek_artifact"
"""The tool that reads a range of characters of an artifact."""
SEARCH_TOOL = "search_artifact"
"""The tool that finds words in an artifact."""
READ_TOOL = "read_artifact"
"""The tool that reads a whole artifact, or a part of JSON by its path."""

_SUMMARY_CHARS = 80
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


def find_handles(text: str) -> list[str]:
    """Return the handles that a text names, each once, in order of appearance."""
    return list(dict.fromkeys(match[0] for match in _HANDLE.finditer(text)))


def detect_media_type(data: bytes) -> str:
    """Return the media type of bytes with a known signature; empty otherwise."""
    return next((kind for start, kind in _SIGNATURES.items() if data.startswith(start)), "")


def describe_bytes(data: bytes) -> str:
    """Return a phrase with the number of bytes, and their media type if it is detected."""
    kind = detect_media_type(data)
    return f"{len(data):,} bytes that are not UTF-8 text" + (f" ({kind})" if kind else "")


@dataclass(slots=True)
class ArtifactSlot:
    """Keeps the result of one call, under the handle of that call; several artifacts get `.1`, `.2` and so on."""

    store: ArtifactStore
    handle: str
    _count: int = 0

    def keep(self, whole: WholeContent, label: ArtifactLabel | None = None) -> str | None:
        """Keep one artifact of the result and return its handle. None: it is too large."""
        handle = f"{self.handle}.{self._count + 1}" if self._count else self.handle
        if not self.store.keep(handle, whole, label or _default_label(whole)):
            return None
        self._count += 1
        return handle


@dataclass(slots=True)
class ConversationArtifacts:
    """Numbers the calls of one conversation, and keeps their artifacts; `for_subagent` does so below a call."""

    store: ArtifactStore = field(default_factory=ArtifactStore)
    handle_prefix: str = "artifact"
    _call_numbers: dict[str, int] = field(default_factory=dict[str, int], repr=False)
    _call_count: int = 0

    def fork(self) -> ConversationArtifacts:
        """Return the artifacts of a conversation that goes on from the same point: it numbers and keeps for itself."""
        return ConversationArtifacts(self.store.fork(), self.handle_prefix, dict(self._call_numbers), self._call_count)

    def number_calls(self, call_ids: Iterable[str]) -> None:
        """Number the calls of a turn, in the model's order and before the first one runs."""
        for call_id in call_ids:
            self._call_count += 1
            self._call_numbers[call_id] = self._call_count

    def reserve_number(self, call_id: str, nth: int) -> None:
        """Number the nth call of a turn that is still streaming, as `number_calls` will in the complete turn."""
        self._call_numbers[call_id] = self._call_count + nth

    def slot_for(self, call_id: str) -> ArtifactSlot:
        """Return the slot in which the result of a call is kept."""
        return ArtifactSlot(self.store, self._handle_of(call_id))

    def for_subagent(self, call_id: str) -> ConversationArtifacts:
        """Return the artifacts of the sub-agent that a call started."""
        return ConversationArtifacts(self.store, self._handle_of(call_id))

    def kept_artifacts(self) -> dict[str, KeptArtifact]:
        """Return the artifacts of this conversation and its sub-agents, by handle."""
        return self.store.list_kept(f"{self.handle_prefix}-")

    def has_handle_in(self, text: str) -> bool:
        """True if a text names the handle of an artifact that is kept, in any conversation of the store."""
        return any(self.store.get(handle) is not None for handle in find_handles(text))

    def continue_numbering(self, text: str) -> None:
        """Continue after the handles that a restored conversation names; the content of these is gone."""
        self.store.mark_gone(find_handles(text))
        self._call_count = max([self._call_count, *(int(match[1]) for match in _HANDLE.finditer(text))])

    def _handle_of(self, call_id: str) -> str:
        if call_id not in self._call_numbers:
            self.number_calls([call_id])
        return f"{self.handle_prefix}-{self._call_numbers[call_id]}"


def _default_label(whole: WholeContent) -> ArtifactLabel:
    """Return a label for a result that its tool did not describe: its media type, or how its text begins."""
    if isinstance(whole, bytes):
        return ArtifactLabel(detect_media_type(whole) or "application/octet-stream")
    return ArtifactLabel(summary=" ".join(whole[: 10 * _SUMMARY_CHARS].split())[:_SUMMARY_CHARS])
