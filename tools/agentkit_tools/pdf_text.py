"""PDF as text, page by page, each below a line with its number: `[Page 3]`.

What is only a picture of text is not recognised; it is said which pages are such.
"""

from __future__ import annotations

import logging
import re
import time
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, BinaryIO

from agentkit_tools.decoding import clean
from agentkit_tools.unreadable import NotReadable

if TYPE_CHECKING:
    from pypdf import PageObject, PdfReader

EXTRA = "reading PDF needs the extra `documents`: pip install 'claude-agentkit[documents]'"
AES = "encrypted with AES, which needs: pip install 'pypdf[crypto]'"
MOST_PAGES = 2_000
MOST_CHARS = 5_000_000
"""Characters of one PDF; what comes after the page that reaches them is reported."""
MOST_SECONDS = 120.0
"""How long the pages of one PDF are read; those that are left then are reported."""

_QUIET = logging.NullHandler()
_PAGE_LINE = re.compile(r"^(?=\[Page \d+\]$)", re.MULTILINE)
_NO_TEXT = "[no text on this page]"
_PICTURE = "[no text on this page, only pictures]"
_DAMAGED = "[this page is damaged and could not be read]"


@dataclass(frozen=True, slots=True)
class PdfText:
    """What a PDF says."""

    text: str
    title: str
    """As the file gives it. Empty: it has none."""
    missing: str
    """Which pages the text lacks and why, in plain words. Empty: none."""


def text_of_pdf(file: BinaryIO) -> PdfText:
    """Read a PDF. Raises NotReadable where it has no text, is encrypted or damaged, or the extra is not installed."""
    if find_spec("pypdf") is None:
        raise NotReadable(EXTRA)
    # Without a handler of its own, and with none of the application's, pypdf's many warnings would go to stderr.
    logging.getLogger("pypdf").addHandler(_QUIET)
    reader, total = _opened(file)
    pages: list[str] = []
    chars, end = 0, time.monotonic() + MOST_SECONDS
    for number in range(min(total, MOST_PAGES)):
        pages.append(_text_of_page(reader, number))
        chars += len(pages[-1])
        if chars > MOST_CHARS or time.monotonic() > end:
            break
    if all(page in (_NO_TEXT, _PICTURE, _DAMAGED) for page in pages):
        raise NotReadable(_nothing(pages))
    text = "\n\n".join(f"[Page {number}]\n\n{page}" for number, page in enumerate(pages, 1))
    return PdfText(f"{text}\n", _title(reader), _missing(pages, total))


def _opened(file: BinaryIO) -> tuple[PdfReader, int]:
    """The reader and the number of its pages."""
    from pypdf import PasswordType, PdfReader
    from pypdf.errors import DependencyError, FileNotDecryptedError

    if b"%PDF-" not in file.read(1024):
        raise NotReadable("no PDF, though its name says so")
    try:
        reader = PdfReader(file)
        if reader.is_encrypted and reader.decrypt("") == PasswordType.NOT_DECRYPTED:
            raise NotReadable("encrypted, and only its password opens it")
        total = len(reader.pages)
    except NotReadable:
        raise
    except FileNotDecryptedError:
        raise NotReadable("encrypted, and only its password opens it") from None
    except DependencyError:
        raise NotReadable(AES) from None
    except Exception as error:  # noqa: BLE001 - a damaged file leads pypdf to exceptions of every kind
        raise NotReadable(f"a damaged PDF ({_words(error)})") from None
    if not total:
        raise NotReadable("a PDF without pages")
    return reader, total


def _text_of_page(reader: PdfReader, number: int) -> str:
    from pypdf.errors import DependencyError

    try:
        page = reader.pages[number]
        lines = [line.rstrip() for line in clean(page.extract_text()).split("\n")]
        text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")
        if re.search(r"\w", text):
            return _PAGE_LINE.sub(" ", text)
        return _PICTURE if _has_pictures(page) else _NO_TEXT
    except DependencyError:
        raise NotReadable(AES) from None
    except Exception:  # noqa: BLE001 - see above; the other pages may be whole
        return _DAMAGED


def _has_pictures(page: PageObject) -> bool:
    resources = page.get("/Resources")
    return resources is not None and "/XObject" in resources.get_object()


def _title(reader: PdfReader) -> str:
    try:
        title = reader.metadata.title if reader.metadata is not None else ""
        return " ".join(clean(title or "").split())
    except Exception:  # noqa: BLE001 - see above; a title is not worth the text
        return ""


def _nothing(pages: list[str]) -> str:
    if _DAMAGED in pages:
        return "a damaged PDF: none of its pages can be read"
    if _PICTURE in pages:
        return f"a scan: its pages ({len(pages)}) hold pictures without text, which need text recognition (OCR) first"
    return "a PDF without any text"


def _missing(pages: list[str], total: int) -> str:
    damaged, pictures = ([n for n, page in enumerate(pages, 1) if page == mark] for mark in (_DAMAGED, _PICTURE))
    said = [
        f"{_numbered(damaged)} damaged" if damaged else "",
        f"{_numbered(pictures)} without text, only with pictures" if pictures else "",
        f"{total - len(pages)} more pages after page {len(pages)} not read: too much for one document"
        if total > len(pages)
        else "",
    ]
    return "; ".join(filter(None, said))


def _numbered(pages: list[int]) -> str:
    shown = ", ".join(map(str, pages[:10])) + (f" and {len(pages) - 10} more" if len(pages) > 10 else "")
    return f"page {shown}" if len(pages) == 1 else f"pages {shown}"


def _words(error: Exception) -> str:
    """What pypdf says, in one short line."""
    said = " ".join(str(error).split()) or type(error).__name__
    return clean(said if len(said) <= 100 else f"{said[:100]}...").rstrip(".")
