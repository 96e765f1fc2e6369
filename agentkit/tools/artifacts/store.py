"""The artifacts of a whole tree of runs, by handle, for the artifact tools and for `result.artifacts`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from agentkit.errors import ToolError, UsageError
from agentkit.log import log
from agentkit.schema.validation.did_you_mean import nearest_word
from agentkit.tools.artifacts.content import MemoryPool, StoredContents, WholeContent, store_contents

MAX_STORED_BYTES = 256 * 1024 * 1024
"""Bytes that a conversation and its sub-agents keep, in memory and in files; the oldest artifact is dropped first."""

_SHARED_MEMORY = MemoryPool()
_lock = Lock()
"""Held while the handles of a store are listed or changed."""


@dataclass(frozen=True, slots=True)
class ArtifactLabel:
    """The description of an artifact, without its content."""

    media_type: str = "text/plain"
    summary: str = ""
    """The content in one line. Empty: not known."""
    name: str = ""
    """A file name. Empty: none."""


@dataclass(frozen=True, slots=True)
class KeptArtifact:
    """A tool result that was kept whole, as `result.artifacts` has it.

    It can be read as long as its conversation or one of its results is referenced; then its memory and its temporary
    file are freed. Reading many megabytes takes a moment: from async code, do it in a thread.
    """

    handle: str
    """The handle by which the model refers to it."""
    media_type: str
    """The media type, for example `text/csv`."""
    length: int
    """The number of characters of a text, of bytes otherwise."""
    is_text: bool
    """True if `read` returns text."""
    summary: str
    """The content in one line: as the tool describes it, or how a text begins."""
    name: str
    """A file name. Empty where the tool gave none."""
    _store: ArtifactStore = field(repr=False, compare=False)

    def read(self) -> str | bytes:
        """Return the content as the model could read it, without secrets. Raises UsageError if it was dropped."""
        contents = self._store.get(self.handle)
        if contents is None:
            raise UsageError(f"`{self.handle}` is no longer kept: {self._store.limit_text}")
        return contents.read_whole()

    def save(self, path: str | Path) -> Path:
        """Write the content to a file, a text as UTF-8; an existing file is replaced.

        Raises:
            UsageError: The content was dropped.
            OSError: The file cannot be written.
        """
        content, path = self.read(), Path(path)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path


class ArtifactStore:
    """The artifacts of a whole tree of runs, so that agents can pass handles to one another. Thread-safe."""

    # No dataclass: `asdict(result)` would go into it.

    def __init__(self, max_bytes: int = MAX_STORED_BYTES, memory: MemoryPool = _SHARED_MEMORY) -> None:
        self.max_bytes = max_bytes
        """Bytes that are kept at most, in memory and in files."""
        self.memory = memory
        """The pool of memory, which all stores of the process share."""
        self._kept: dict[str, tuple[ArtifactLabel, StoredContents]] = {}
        self._gone_handles: dict[str, None] = {}
        self._stored_bytes = 0

    def __reduce__(self) -> tuple[object, ...]:
        """Travel to another process with the contents themselves."""
        with _lock:
            kept, gone = dict(self._kept), list(self._gone_handles)
        whole = {handle: (label, contents.read_whole()) for handle, (label, contents) in kept.items()}
        return _restore_store, (self.max_bytes, whole, gone)

    def __deepcopy__(self, memo: object) -> ArtifactStore:
        return self  # what is kept never changes

    def fork(self) -> ArtifactStore:
        """Return a store with the same artifacts, for another conversation that goes on from the same point."""
        fork = ArtifactStore(self.max_bytes, self.memory)
        with _lock:
            fork._kept, fork._gone_handles = dict(self._kept), dict(self._gone_handles)
            fork._stored_bytes = self._stored_bytes
        return fork

    @property
    def limit_text(self) -> str:
        """The limit as the end of a sentence, for error texts."""
        return f"at most {self.max_bytes // 2**20:,} MiB are, and the oldest go first."

    def keep(self, handle: str, whole: WholeContent, label: ArtifactLabel | None = None) -> bool:
        """Keep content under a handle; drop the oldest if there is no room. False: too large, or the disk is full."""
        if len(whole) > self.max_bytes:
            return False
        try:
            contents = store_contents(whole, self.memory)
        except OSError as error:
            log().warning("an artifact could not be written to disk", handle=handle, error=str(error))
            return False
        if contents.size_bytes > self.max_bytes:
            return False
        with _lock:
            self._drop(handle)
            while self._kept and self._stored_bytes + contents.size_bytes > self.max_bytes:
                oldest = next(iter(self._kept))
                self._drop(oldest)
                self._gone_handles[oldest] = None
            self._kept[handle] = (label or ArtifactLabel(), contents)
            self._stored_bytes += contents.size_bytes
            self._gone_handles.pop(handle, None)
        return True

    def mark_gone(self, handles: Iterable[str]) -> None:
        """Note handles whose content is gone: those of a conversation that was saved by another process."""
        self._gone_handles.update(dict.fromkeys(handles))

    def get(self, handle: str) -> StoredContents | None:
        """Return the content kept under a handle. None: there is none."""
        kept = self._kept.get(handle)
        return None if kept is None else kept[1]

    def find(self, handle: str) -> StoredContents:
        """Return the content kept under a handle. Raises ToolError if there is none, and names the known handles."""
        handle = handle.strip()
        contents = self.get(handle)
        if contents is not None:
            return contents
        if handle in self._gone_handles:
            raise ToolError(
                f"`{handle}` is no longer kept. Results are kept only while the program runs; {self.limit_text}",
                hint="Make the call that brought it again, for a smaller part if that can be asked for.",
            )
        known = self._handles()
        near = nearest_word(handle, known) or nearest_word(f"artifact-{handle}", known)
        meant = f" Did you mean `{near}`?" if near else ""
        kept = f"Kept are: {', '.join(known)}." if known else "Nothing has been kept so far."
        raise ToolError(f"There is no artifact `{handle}`.{meant} {kept}")

    def kept_below(self, handle: str) -> Iterator[tuple[str, ArtifactLabel, StoredContents]]:
        """Yield what is kept under the handle of a call: `artifact-3`, `artifact-3.2` and so on."""
        for one in self._handles():
            if one.partition(".")[0] == handle and (kept := self._kept.get(one)):
                yield one, *kept

    def list_kept(self, handle_prefix: str) -> dict[str, KeptArtifact]:
        """Return the artifacts whose handles begin with the prefix, in the order of their numbers."""
        found: dict[str, KeptArtifact] = {}
        for handle in self._handles():
            if handle.startswith(handle_prefix) and (kept := self._kept.get(handle)):
                label, it = kept
                found[handle] = KeptArtifact(
                    handle, label.media_type, it.length, it.is_text, label.summary, label.name, self
                )
        return found

    def _handles(self) -> list[str]:
        with _lock:  # another thread may add an artifact meanwhile
            handles = list(self._kept)
        return sorted(handles, key=lambda handle: [int(number) for number in re.findall(r"\d+", handle)])

    def _drop(self, handle: str) -> None:
        if handle in self._kept:
            self._stored_bytes -= self._kept.pop(handle)[1].size_bytes


def _restore_store(
    max_bytes: int, kept: Mapping[str, tuple[ArtifactLabel, WholeContent]], gone: Iterable[str]
) -> ArtifactStore:
    store = ArtifactStore(max_bytes)
    for handle, (label, whole) in kept.items():
        store.keep(handle, whole, label)
    store.mark_gone(gone)
    return store
