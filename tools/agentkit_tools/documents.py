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
from email.message import Message
from email.parser import Parser
from pathlib import Path
from textwrap import dedent

from agentkit import ConfigurationError, Document
from agentkit_tools.decoding import decode_bytes, encoding_of_mark, is_mostly_utf8, known_encoding
from agentkit_tools.html_charset import charset_of_html
from agentkit_tools.html_text import MISSING_HTML_EXTRA, is_html_extra_installed, text_of_html
from agentkit_tools.mail_text import read_mail
from agentkit_tools.mbox import messages_of_mbox
from agentkit_tools.pdf_text import text_of_pdf
from agentkit_tools.sections import first_heading, split_document
from agentkit_tools.unreadable import NotReadable, Unreadable

__all__ = ["Folder", "Unreadable", "read_folder", "read_installed", "split_document"]

MOST_BYTES = 5_000_000
"""Maximum size of a text file in bytes; bigger ones are reported, not read."""
MOST_BINARY_BYTES = 50_000_000
"""The same for PDF and e-mail, which need more bytes for the same text."""
MOST_FILES = 10_000
"""Maximum number of files in a folder; the rest is reported as one entry."""
_HTML_SUFFIXES = (".html", ".htm", ".xhtml")
_METADATA_FILES = ("METADATA", "PKG-INFO")
_MARKUP_SUFFIXES = (".md", ".markdown", ".rst")
_UNSUPPORTED = {".msg": "e-mail of Outlook", ".docx": "Word documents"}
_CACHES = frozenset({"__pycache__", "node_modules", "site-packages"})
_MOST_ID_CHARS = 60
_OWN_PACKAGE = "claude-agentkit"


@dataclass(frozen=True, slots=True)
class Folder:
    """The documents of a folder, and the files that could not be read."""

    documents: tuple[Document, ...]
    unreadable: tuple[Unreadable, ...] = ()


@dataclass(frozen=True, slots=True)
class _FileText:
    path: str
    name: str
    """The name from which the id is made."""
    text: str
    title: str


def read_folder(path: str | Path) -> Folder:
    """Read a folder with its subfolders, or a single file, in the order of the paths.

    Text in UTF-8, Markdown, HTML and PDF (with the extra `documents`), e-mail (`.eml`, and each message of an `.mbox`)
    and the METADATA or PKG-INFO files of Python packages become documents; hidden files and caches are left out. Ids
    are made from the relative path; links that lead out of the folder are reported, not followed.

    Raises:
        ConfigurationError: There is no such folder, or nothing in it can be read.
    """
    root = Path(path).expanduser()
    try:
        files = [(root, root.name)] if root.is_file() else sorted(_walk_files(root), key=lambda each: each[1])
    except OSError as error:
        raise ConfigurationError(f"The folder {str(path)!r} cannot be read: {_error_reason(error)}.") from None
    unreadable = [Unreadable(name, file) for file, name in files if isinstance(file, str)]
    read: list[_FileText] = []
    for file, name in files:
        if isinstance(file, Path):
            try:
                read += _read_file(file, name, root if root.is_dir() else root.parent, unreadable)
            except NotReadable as error:
                unreadable.append(Unreadable(name, str(error)))
            except OSError as error:
                unreadable.append(Unreadable(name, _error_reason(error)))
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
    found: dict[str, _FileText] = {}
    for package in importlib.metadata.distributions():
        try:
            described = _read_package(
                Parser().parsestr(package.read_text("METADATA") or package.read_text("PKG-INFO") or "")
            )
        except (NotReadable, OSError, UnicodeDecodeError):
            continue
        if described.name not in (_OWN_PACKAGE, *found):
            found[described.name] = described
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
        yield _error_reason(error), _relative_name(Path(error.filename), root)


def _relative_name(file: Path, root: Path) -> str:
    """Return the relative path, also for a name that is not UTF-8."""
    return os.fsencode(file.relative_to(root).as_posix()).decode(errors="replace")


def _error_reason(error: OSError) -> str:
    return {2: "there is no such folder", 13: "permission denied", 40: "a link that leads to itself"}.get(
        error.errno or 0, (error.strerror or type(error).__name__).lower()
    )


def _first_reason(unreadable: list[Unreadable]) -> str:
    if not unreadable:
        return ": it is empty"
    first = unreadable[0]
    return f": {first.path}: {first.reason}" + (f" (and {len(unreadable) - 1} more)" if unreadable[1:] else "")


def _read_file(file: Path, name: str, root: Path, unreadable: list[Unreadable]) -> list[_FileText]:
    """Return the documents of one file, and add its parts that cannot be read to `unreadable`."""
    target = _regular_file(file, root)
    kind = file.suffix.lower()
    if other := _UNSUPPORTED.get(kind):
        raise NotReadable(f"{other} cannot be read")
    size, most = target.stat().st_size, MOST_BINARY_BYTES if kind in (".pdf", ".eml") else MOST_BYTES
    if size > most and kind != ".mbox":
        raise NotReadable(f"{size / 1e6:.1f} MB, more than the {most / 1e6:.0f} MB that are read")
    if kind == ".pdf":
        with target.open("rb") as pdf:
            found = text_of_pdf(pdf)
        unreadable += [Unreadable(name, found.missing)] if found.missing else []
        return [_FileText(name, name, found.text, found.title or Path(name).name)]
    if kind == ".eml":
        mail = read_mail(target.read_bytes())
        return [_FileText(name, name, mail.text, mail.title or Path(name).name)]
    if kind == ".mbox":
        return _read_mbox(target, name, unreadable)
    return [_read_text(file, target, name)]


def _regular_file(file: Path, root: Path) -> Path:
    """Return the regular file that a path leads to. Raises NotReadable."""
    try:
        target = file.resolve(strict=True)
    except FileNotFoundError:
        raise NotReadable("a link to a file that does not exist") from None
    except RuntimeError:
        raise NotReadable("a link that leads to itself") from None
    if not target.is_relative_to(root.resolve()):
        raise NotReadable("a link that leads out of the folder")
    if not stat.S_ISREG(target.stat().st_mode):
        raise NotReadable("not a regular file")
    return target


def _read_mbox(target: Path, name: str, unreadable: list[Unreadable]) -> list[_FileText]:
    read: list[_FileText] = []
    with target.open("rb") as file:
        for number, message in enumerate(messages_of_mbox(file), 1):
            place = f"{name}/{number}"
            if number > MOST_FILES:
                unreadable.append(Unreadable(place, f"only the first {MOST_FILES} messages are read"))
                break
            try:
                if message is None:
                    raise NotReadable("a message that is too big")
                mail = read_mail(message)
            except NotReadable as error:
                unreadable.append(Unreadable(place, str(error)))
            else:
                read.append(_FileText(place, place, mail.text, mail.title or place))
    if not read and not any(each.path.startswith(f"{name}/") for each in unreadable):
        raise NotReadable("no mbox file, or one without messages")
    return read


def _read_text(file: Path, target: Path, name: str) -> _FileText:
    is_html = file.suffix.lower() in _HTML_SUFFIXES
    text = _decode_file(target.read_bytes(), is_html)
    title = ""
    if file.name in _METADATA_FILES:
        described = _read_package(Parser().parsestr(text))
        return _FileText(name, described.name, described.text, described.title)
    if is_html:
        if not is_html_extra_installed():
            raise NotReadable(MISSING_HTML_EXTRA)
        text, title = text_of_html(text)
    if not text.strip():
        raise NotReadable("empty")
    heading = first_heading(text) if is_html or file.suffix.lower() in _MARKUP_SUFFIXES else ""
    return _FileText(name, name, text, title or heading or Path(name).name)


def _decode_file(data: bytes, is_html: bool) -> str:
    """Decode a file that says its encoding or is in UTF-8, as a whole or for the most part. Raises NotReadable."""
    if encoding_of_mark(data) is not None:
        return decode_bytes(data)
    if b"\0" in data[:8192]:
        raise NotReadable("binary, or text in UTF-16 without a byte order mark, not UTF-8 text")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        place = error.start
    declared = charset_of_html(data) if is_html else None
    if declared and known_encoding(declared) is None:
        raise NotReadable(f"its encoding {declared!r} is not known")
    if declared or is_mostly_utf8(data):
        return decode_bytes(data, declared)
    raise NotReadable(f"not UTF-8 text (byte {place})")


def _read_package(package: Message) -> _FileText:
    """Return a package's long description. Raises NotReadable when it has none."""
    name, version = str(package.get("Name") or ""), str(package.get("Version") or "")
    payload = package.get_payload()
    text = payload if isinstance(payload, str) and payload.strip() else str(package.get("Description") or "")
    if text is not payload:  # the header form indents all lines but the first, at times with a bar
        text = re.sub(r"^ {7}\|", " " * 8, text, flags=re.MULTILINE)
        first, _, rest = text.partition("\n")
        text = f"{first}\n{dedent(rest)}"
    if not name or text.strip() in ("", "UNKNOWN"):
        raise NotReadable("package metadata without a description")
    return _FileText("", re.sub(r"[-_.]+", "-", name).lower(), text, f"{name} {version}".strip())


def _with_ids(read: list[_FileText]) -> tuple[Document, ...]:
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
