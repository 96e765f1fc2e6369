"""Read folders and installed packages as documents that agents can read and cite.

    folder = read_folder("handbook")
    parts = [part for document in folder.documents for part in split(document)]

Files that cannot be read are listed in `folder.unreadable`; they do not stop the others.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import re
import stat
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from agentkit import ConfigurationError, Document
from agentkit_tools.file_reading import FileText, read_file
from agentkit_tools.package_metadata import read_description
from agentkit_tools.sections import split_document
from agentkit_tools.unreadable import NotReadable, Unreadable

__all__ = ["Folder", "Unreadable", "read_folder", "read_installed", "split_document"]

MOST_FILES = 10_000
"""Maximum number of files in a folder; the rest is reported as one entry."""
_CACHES = frozenset({"__pycache__", "node_modules", "site-packages"})
_MOST_ID_CHARS = 60
_OWN_PACKAGE = "claude-agentkit"


@dataclass(frozen=True, slots=True)
class Folder:
    """The documents of a folder, and the files that could not be read."""

    documents: tuple[Document, ...]
    unreadable: tuple[Unreadable, ...] = ()


def read_folder(path: str | Path) -> Folder:
    """Read a folder with its subfolders, or a single file, in the order of the paths.

    Text in UTF-8, UTF-16 and UTF-32, Markdown, HTML and PDF (with the extra `documents`), e-mail (`.eml`, `.emlx`, web
    archives, and each message of an mbox file, also where Thunderbird, Apple Mail, Maildir and MH keep it) and the
    METADATA or PKG-INFO files of Python packages become documents; hidden files and caches are left out. Ids are made
    from the relative path; links that lead out of the folder, or to a hidden file, are reported, not followed.

    Raises:
        ConfigurationError: There is no such folder, or nothing in it can be read.
    """
    root = Path(path).expanduser()
    try:
        is_file = (root.exists() or root.is_symlink()) and not root.is_dir()
        files = [(root, _relative_name(root, root.parent))] if is_file else sorted(_walk_files(root), key=_name_of)
    except OSError as error:
        raise ConfigurationError(f"The folder {str(path)!r} cannot be read: {error_reason(error)}.") from None
    unreadable = [Unreadable(name, file) for file, name in files if isinstance(file, str)]
    read: list[FileText] = []
    for file, name in files:
        if isinstance(file, Path):
            try:
                target = regular_file(file, root if root.is_dir() else Path(os.path.realpath(root)).parent)
                read += read_file(file, target, name, unreadable)
            except NotReadable as error:
                unreadable.append(Unreadable(name, str(error)))
            except OSError as error:
                unreadable.append(Unreadable(name, error_reason(error)))
    if not read:
        raise ConfigurationError(
            f"The folder {str(path)!r} holds no document that can be read{_first_reason(unreadable)}."
        )
    return Folder(_with_ids(read), tuple(sorted(unreadable, key=lambda each: each.path)))


def read_installed(limit: int = 20) -> Folder:
    """Read the documentation in the metadata of the installed packages, except agentkit's own.

    Args:
        limit: Maximum number of packages. Those with the longest texts are taken, and sorted by name.

    Raises:
        ConfigurationError: No installed package has any.
    """
    found: dict[str, FileText] = {}
    for package in importlib.metadata.distributions():
        try:
            name, title, text = read_description(package.read_text("METADATA") or package.read_text("PKG-INFO") or "")
        except (NotReadable, OSError, UnicodeDecodeError):
            continue
        if name not in (_OWN_PACKAGE, *found):
            found[name] = FileText("", name, text, title)
    longest = sorted(found.values(), key=lambda read: (-len(read.text), read.name))[:limit]
    if not longest:
        raise ConfigurationError("No installed package carries documentation in its metadata.")
    return Folder(_with_ids(sorted(longest, key=lambda read: read.name)))


def _walk_files(root: Path) -> Iterator[tuple[Path | str, str]]:
    """Yield each file with its relative path; a reason instead of the file where it cannot be read."""
    if not root.is_dir():
        raise FileNotFoundError(2, "there is no such folder", str(root))
    failed: list[OSError] = []
    count = 0
    for folder, inner, names in os.walk(root, onerror=failed.append):
        inner[:] = sorted(name for name in inner if not name.startswith(".") and name not in _CACHES)
        links = [name for name in inner if os.path.islink(os.path.join(folder, name))]  # noqa: PTH114, PTH118  # names may be bytes
        for name in sorted(links + [name for name in names if not name.startswith(".")]):
            file = Path(folder, name)
            count += 1
            if count > MOST_FILES:
                yield f"only the first {MOST_FILES} files of the folder are read", _relative_name(file, root)
                return
            if name not in links or not file.resolve().is_relative_to(root.resolve()):
                yield file, _relative_name(file, root)
    for error in failed:
        if Path(error.filename) == root:
            raise error
        yield error_reason(error), _relative_name(Path(error.filename), root)


def _name_of(found: tuple[Path | str, str]) -> str:
    return found[1]


def _relative_name(file: Path, root: Path) -> str:
    """Return the relative path, also for a name that is not UTF-8."""
    return os.fsencode(file.relative_to(root).as_posix()).decode(errors="replace")


def error_reason(error: OSError) -> str:
    """Return the reason of a failure to open a file, in plain words."""
    return {2: "there is no such folder", 13: "permission denied", 40: "a link that leads to itself"}.get(
        error.errno or 0, (error.strerror or type(error).__name__).lower()
    )


def _first_reason(unreadable: list[Unreadable]) -> str:
    if not unreadable:
        return ": it is empty"
    first = unreadable[0]
    return f": {first.path}: {first.reason}" + (f" (and {len(unreadable) - 1} more)" if unreadable[1:] else "")


def regular_file(file: Path, root: Path) -> Path:
    """Return the regular file that a path leads to. Raises NotReadable."""
    try:
        target = file.resolve(strict=True)
    except FileNotFoundError:
        raise NotReadable("a link to a file that does not exist") from None
    except RuntimeError:
        raise NotReadable("a link that leads to itself") from None
    if not target.is_relative_to(root.resolve()):
        raise NotReadable("a link that leads out of the folder")
    is_link = file.name != target.name or file.parent.resolve() != target.parent
    if is_link and any(part.startswith(".") for part in target.relative_to(root.resolve()).parts):
        raise NotReadable("a link to a hidden file")
    if not stat.S_ISREG(target.stat().st_mode):
        raise NotReadable("not a regular file")
    return target


def _with_ids(read: list[FileText]) -> tuple[Document, ...]:
    """Return documents with unique ids: the path, without its suffix where that is unique."""
    short = [_document_id(re.sub(r"(?<=[^/.])\.\w+$", "", each.name) if each.path else each.name) for each in read]
    times = Counter(short)
    taken: set[str] = set()
    documents: list[Document] = []
    for each, name in zip(read, short, strict=True):
        unique = name if times[name] == 1 else _document_id(each.path or each.name)
        while unique in taken:
            unique += "+"
        taken.add(unique)
        documents.append(Document(unique, each.text, each.title))
    return tuple(documents)


def _document_id(name: str) -> str:
    slug = re.sub(r"[^\w./-]+", "-", name).strip("-")
    if len(slug) <= _MOST_ID_CHARS and slug:
        return slug
    mark = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{slug[-(_MOST_ID_CHARS - 9) :].lstrip('-/.')}-{mark}"
