"""The documents of one reading: taken from any source, kept on disk, found by id, with unreadable files named.

Two rules for this file: no more than one document is in memory at a time, and a document that cannot be read never
stops the others.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import AsyncIterable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from os import PathLike, fspath
from pathlib import Path
from types import TracebackType
from typing import TypeAlias, cast

import anyio.to_thread

from agentkit.errors import ConfigurationError, UsageError
from agentkit.messages.content import Document, File

Source: TypeAlias = "Document | File | str | PathLike[str]"
"""A document, a file in memory, or the path of a file or a folder."""
Sources: TypeAlias = "Iterable[Source] | AsyncIterable[Source] | PathLike[str]"
"""Documents and paths, from any iterable, sync or async; or one path."""

_CACHES = frozenset({"__pycache__", "node_modules", "site-packages"})
_PAGE = re.compile(r"^\[Page (\d+)\]$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Gap:
    """A document, or a part of one, that was not read."""

    document: str
    """The id of the document, or the path of the file."""
    reason: str
    """The reason, in a sentence without its full stop."""


@dataclass(frozen=True, slots=True)
class _Entry:
    title: str
    offset: int
    size: int


class DocumentStore(Mapping[str, str]):
    """The texts of documents by id, in a temporary file."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `close`
        self._entries: dict[str, _Entry] = {}
        self._size = 0
        self.gaps: list[Gap] = []
        """Files that could not be read."""

    def __enter__(self) -> DocumentStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def __getitem__(self, document: str) -> str:
        entry = self._entries[document]
        self._file.seek(entry.offset)
        return self._file.read(entry.size).decode(errors="surrogatepass")

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def title(self, document: str) -> str:
        """Return the title of a document. Empty: it has none of its own."""
        return self._entries[document].title

    def add(self, document: Document) -> str:
        """Keep a document, and return its id: one that is taken gets a plus sign."""
        name = document.id
        while name in self._entries:
            name += "+"
        data = document.text.encode(errors="surrogatepass")
        self._file.seek(self._size)
        self._file.write(data)
        self._entries[name] = _Entry(document.title, self._size, len(data))
        self._size += len(data)
        return name

    async def fill(self, sources: Sources, taken: Callable[[str, str], object]) -> None:
        """Keep all documents of some sources; `taken` is called with the id and the text of each."""

        async def keep(source: Source) -> None:
            if isinstance(source, File):
                await anyio.to_thread.run_sync(self._keep_content, source, taken)
            elif not isinstance(source, Document):
                await anyio.to_thread.run_sync(self._keep_files, Path(_path_of(source)), taken)
            elif source.text.strip():
                taken(self.add(source), source.text)
            else:
                self.gaps.append(Gap(source.id, "empty"))
            await anyio.lowlevel.checkpoint()

        if isinstance(sources, PathLike | str):
            await keep(cast("Source", sources))
        elif isinstance(sources, AsyncIterable):
            async for source in sources:
                await keep(source)
        else:
            for source in sources:
                await keep(source)

    def _keep_content(self, file: File, taken: Callable[[str, str], object]) -> None:
        """Keep the text of a file in memory. Runs in a thread."""
        name = file.name or "file"
        if file.media_type != "application/pdf":
            text, title = file.data.decode(), ""
        else:
            from agentkit_tools.pdf_text import text_of_pdf
            from agentkit_tools.unreadable import NotReadable

            try:
                read = text_of_pdf(BytesIO(file.data))
            except NotReadable as error:
                self.gaps.append(Gap(name, str(error)))
                return
            text, title = read.text, read.title
            self.gaps += [Gap(name, read.missing)] if read.missing else []
        taken(self.add(Document(name, text, title)), text)

    def _keep_files(self, path: Path, taken: Callable[[str, str], object]) -> None:
        """Keep the documents of a file, or of all files of a folder. Runs in a thread."""
        path = path.expanduser()
        try:
            is_file, is_folder = path.exists() and not path.is_dir(), path.is_dir()
        except OSError:  # a text that is no path, too long for one
            is_file = is_folder = False
        if not is_folder:
            if is_file:
                self._keep_file(path, path.as_posix(), taken)
            else:
                self.gaps.append(Gap(path.as_posix()[:200], "there is no such file (a text is given as a Document)"))
            return
        for file in sorted(path.rglob("*")):
            inner = file.relative_to(path)
            if file.is_file() and not any(part.startswith(".") or part in _CACHES for part in inner.parts):
                self._keep_file(file, inner.as_posix(), taken)

    def _keep_file(self, file: Path, name: str, taken: Callable[[str, str], object]) -> None:
        from agentkit_tools.documents import read_folder

        try:
            read = read_folder(file)
        except ConfigurationError as error:
            self.gaps.append(Gap(name, _reason_in(str(error), file.name)))
            return
        self.gaps += (Gap(f"{name}{one.path.removeprefix(file.name)}", one.reason) for one in read.unreadable)
        for document in read.documents:
            own = name if len(read.documents) == 1 else f"{name}/{document.id}"
            taken(self.add(Document(own, document.text, document.title)), document.text)

    def place_of(self, document: str, start: int) -> str:
        """Return the page, or else the heading, of a place in a document, for people. Empty: it has neither."""
        from agentkit_tools.sections import heading_at

        text = self[document]
        pages = list(_PAGE.finditer(text, 0, start))
        if pages and text.startswith("[Page 1]"):
            return f"page {pages[-1][1]}"
        return heading_at(text, start)


def _path_of(source: object) -> str:
    if isinstance(source, str | PathLike):
        return fspath(cast("str | PathLike[str]", source))
    raise UsageError(f"read_many reads Documents, Files and paths, not {type(source).__name__}.")


def _reason_in(message: str, name: str) -> str:
    """Return the reason in a message about a file, without the file's name."""
    return message.rpartition(f": {name}: ")[2].rstrip(".") if f": {name}: " in message else message.rstrip(".")
