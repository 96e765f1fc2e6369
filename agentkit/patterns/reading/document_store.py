"""The documents of one reading: taken from any source, kept on disk, found by id, with unreadable files named.

Two rules for this file: no more than one document is in memory at a time, and a document that cannot be read never
stops the others.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from bisect import bisect_right
from collections.abc import AsyncIterable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from os import PathLike, fspath
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, cast

import anyio.to_thread

from agentkit.errors import ConfigurationError, UsageError
from agentkit.messages.content import Document, File
from agentkit.patterns.quotes.verification import Citation
from agentkit.patterns.reading.packing import Part
from agentkit.patterns.sources import Gap, Source, Sources, sendable

MOST_PAGE_BYTES = 20_000_000
"""Maximum size of a page that is sent as a picture: base64 makes it a third longer, and a request takes 32 MB."""
_CACHES = frozenset({"__pycache__", "node_modules", "site-packages"})
_PAGE = re.compile(r"^\[Page (\d+)\]$", re.MULTILINE)


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
        self._pages: dict[tuple[str, int], _Entry] = {}
        self._without_text: set[str] = set()
        self._files: set[Path] = set()
        """Files that were taken: one that is given twice, as by overlapping globs, is read once."""
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
        return self._read(self._entries[document]).decode(errors="surrogatepass")

    def _read(self, entry: _Entry) -> bytes:
        self._file.seek(entry.offset)
        return self._file.read(entry.size)

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def title(self, document: str) -> str:
        """Return the title of a document. Empty: it has none of its own."""
        return self._entries[document].title

    def pictures(self, document: str) -> list[int]:
        """Return the pages of a document that are only pictures."""
        return [page for name, page in self._pages if name == document]

    def page(self, document: str, number: int) -> File:
        """Return a page that is only a picture, as a PDF of one page."""
        name = sendable(f"{document}, page {number}")
        return File(self._read(self._pages[document, number]), "application/pdf", name)

    def content_of(self, part: Part) -> str:
        """Return the text of a part; for a page that is only a picture, a text that differs for other pages."""
        if part.page:
            return hashlib.sha256(self._read(self._pages[part.document, part.page])).hexdigest()
        return self[part.document][part.start : part.end]

    def has_text(self, document: str) -> bool:
        """Return False for a document whose pages are all pictures."""
        return document not in self._without_text

    def add(self, document: Document) -> str:
        """Keep a document, and return its id: one that is taken gets a plus sign."""
        name = document.id
        while name in self._entries:
            name += "+"
        data = document.text.encode(errors="surrogatepass")
        self._entries[name] = _Entry(document.title, self._append(data), len(data))
        return name

    def _append(self, data: bytes) -> int:
        """Write data to the end of the file; return its place."""
        offset = self._size
        self._file.seek(offset)
        self._file.write(data)
        self._size += len(data)
        return offset

    async def fill(self, sources: Sources, taken: Callable[[str, str], object]) -> None:
        """Keep all documents of some sources; `taken` is called with the id and the text of each."""

        async def keep(source: Source) -> None:
            if isinstance(source, File):
                await anyio.to_thread.run_sync(self._keep_content, source, taken)
            elif isinstance(source, Document):
                self._keep_text(source, taken)
            elif not (path := _path_of(source)).strip():  # else it would be the current folder
                self.gaps.append(Gap(repr(path), "an empty path"))
            else:
                await anyio.to_thread.run_sync(self.keep_files, Path(path), taken)
            await anyio.lowlevel.checkpoint()

        if isinstance(sources, PathLike | str | Document | File):
            await keep(sources)
        elif isinstance(sources, AsyncIterable):
            async for source in sources:
                await keep(source)
        elif isinstance(sources, Mapping) or not hasattr(sources, "__iter__"):
            _path_of(cast("object", sources))
        else:
            for source in sources:
                await keep(source)

    def _keep_text(self, document: Document, taken: Callable[[str, str], object]) -> None:
        for name, value in (("id", document.id), ("text", document.text), ("title", document.title)):
            if not isinstance(cast("object", value), str):
                raise UsageError(f"read_many: the {name} of Document({document.id!r:.100}) is no str: {value!r:.100}.")
        if any(char.isprintable() and not char.isspace() for char in document.text):
            taken(self.add(document), document.text)
        else:
            self.gaps.append(Gap(document.id, "empty"))

    def _keep_content(self, file: File, taken: Callable[[str, str], object]) -> None:
        """Keep the text of a file in memory. Runs in a thread."""
        name = file.name or "file"
        if file.media_type == "application/pdf":
            self._keep_pdf(BytesIO(file.data), name, "", taken)
        else:
            self._keep_text(Document(name, file.data.decode()), taken)

    def _keep_pdf(self, file: BinaryIO, name: str, title: str, taken: Callable[[str, str], object]) -> None:
        """Keep the text of a PDF, and each page that is only a picture as a PDF of its own."""
        from agentkit_tools.pdf_text import pages_as_pdfs, read_pdf
        from agentkit_tools.unreadable import NotReadable

        try:
            read = read_pdf(file)
        except NotReadable as error:
            self.gaps.append(Gap(name, str(error)))
            return
        self.gaps += [Gap(name, read.missing)] if read.missing else []
        name = self.add(Document(name, read.text, read.title or title))
        if read.no_text:
            self._without_text.add(name)
        for number, page in zip(read.pictures, pages_as_pdfs(file, read.pictures), strict=True):
            if 0 < len(page) <= MOST_PAGE_BYTES:
                self._pages[name, number] = _Entry("", self._append(page), len(page))
            else:
                reason = f"{len(page) / 1e6:.0f} MB, more than a request takes" if page else "damaged"
                self.gaps.append(Gap(f"{name}, page {number}", f"a picture, {reason}"))
        taken(name, read.text)

    def keep_files(
        self, path: Path, taken: Callable[[str, str], object], is_left: Callable[[Path, str], bool] | None = None
    ) -> None:
        """Keep the documents of a file, or of all files of a folder; it blocks. `taken` is as in `fill`.

        `is_left` is called with each file and its name: True leaves it out, because the caller reads it.
        """
        path = path.expanduser()
        try:
            is_file, is_folder = path.exists() and not path.is_dir(), path.is_dir()
        except OSError:  # a text that is no path, too long for one
            is_file = is_folder = False
        if not is_file and not is_folder:
            self.gaps.append(Gap(path.as_posix()[:200], "there is no such file (a text is given as a Document)"))
        files = [(file, file.relative_to(path).as_posix()) for file in (self._files_in(path) if is_folder else ())]
        for file, name in [(path, path.as_posix())] if is_file else files:
            if is_folder and file.is_symlink() and (reason := _reason_against(file, path)):
                self.gaps.append(Gap(name, reason))
            elif is_left is None or not is_left(file, name):
                self._keep_file(file, name, taken)

    def _files_in(self, folder: Path) -> list[Path]:
        """Return the files of a folder, sorted, but for hidden ones and caches; a folder that is left out is a gap."""
        from agentkit_tools.documents import error_reason

        files: list[Path] = []
        failed: list[OSError] = []
        for place, folders, names in os.walk(folder, onerror=failed.append):
            folders[:] = [name for name in folders if not name.startswith(".") and name not in _CACHES]
            files += (Path(place, name) for name in names if not name.startswith("."))
            links = (path for name in folders if (path := Path(place, name)).is_symlink())
            outside = (path for path in links if not path.resolve().is_relative_to(folder.resolve()))
            self.gaps += (
                Gap(path.relative_to(folder).as_posix(), "a link that leads out of the folder") for path in outside
            )
        self.gaps += (Gap(Path(error.filename).as_posix(), error_reason(error)) for error in failed)
        return sorted(files)

    def _keep_file(self, file: Path, name: str, taken: Callable[[str, str], object]) -> None:
        from agentkit_tools.documents import read_folder

        if (real := file.resolve()) in self._files:
            return
        if not file.is_symlink():  # a link may be refused, and its file given by itself
            self._files.add(real)
        if file.suffix.lower() == ".pdf":
            self._keep_pdf_file(file, name, taken)
            return
        try:
            read = read_folder(file)
        except ConfigurationError as error:
            self.gaps.append(Gap(name, _reason_in(str(error), file.name)))
            return
        self.gaps += (Gap(f"{name}{one.path.removeprefix(file.name)}", one.reason) for one in read.unreadable)
        for document in read.documents:
            own = name if len(read.documents) == 1 else f"{name}/{document.id}"
            taken(self.add(Document(own, document.text, document.title)), document.text)

    def _keep_pdf_file(self, file: Path, name: str, taken: Callable[[str, str], object]) -> None:
        from agentkit_tools.documents import error_reason, regular_file
        from agentkit_tools.file_reading import MOST_BINARY_BYTES, refuse_size
        from agentkit_tools.unreadable import NotReadable

        try:
            target = regular_file(file, file.parent)
            refuse_size(target, MOST_BINARY_BYTES)
            with target.open("rb") as opened:
                self._keep_pdf(opened, name, file.name, taken)
        except NotReadable as error:
            self.gaps.append(Gap(name, str(error)))
        except OSError as error:
            self.gaps.append(Gap(name, error_reason(error)))

    def with_places(self, citations: Sequence[Citation]) -> list[Citation]:
        """Return citations with the page, or else the heading, above each, for people; empty where there is neither."""
        marks = {document: self._marks(document) for document in {one.document for one in citations}}
        above = (bisect_right(marks[one.document], one.start, key=_start_of) for one in citations)
        return [
            replace(one, place=marks[one.document][count - 1][1]) if count else one
            for one, count in zip(citations, above, strict=True)
        ]

    def _marks(self, document: str) -> list[tuple[int, str]]:
        from agentkit_tools.sections import headings_of

        text = self[document]
        if not text.startswith("[Page 1]"):
            return headings_of(text)
        return [(page.start(), f"page {page[1]}") for page in _PAGE.finditer(text)]


def _start_of(mark: tuple[int, str]) -> int:
    return mark[0]


def _path_of(source: object) -> str:
    if isinstance(source, str | PathLike):
        return fspath(cast("str | PathLike[str]", source))
    kind = type(source).__name__
    raise UsageError(f"read_many reads Documents, Files and paths, not {kind}: give a text as Document(id, text).")


def _reason_against(file: Path, folder: Path) -> str:
    """Return the reason why a link in a folder is not read, such as one that leads out of it. Empty: it may be."""
    from agentkit_tools.documents import error_reason, regular_file
    from agentkit_tools.unreadable import NotReadable

    try:
        regular_file(file, folder)
    except (NotReadable, OSError) as error:
        return error_reason(error) if isinstance(error, OSError) else str(error)
    return ""


def _reason_in(message: str, name: str) -> str:
    """Return the reason in a message about a file, without the file's name."""
    return message.rpartition(f": {name}: ")[2].rstrip(".") if f": {name}: " in message else message.rstrip(".")
