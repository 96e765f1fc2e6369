"""Convert PDF to text, page by page, each below a line with its number: `[Page 3]`, with filled fields and notes.

Text in pictures is not recognised (no OCR); the pages that have only pictures are reported, and `pages_as_pdfs` takes
them out, for a model that reads pictures.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from io import BytesIO
from typing import TYPE_CHECKING, BinaryIO

from agentkit_tools.decoding import clean_text
from agentkit_tools.pdf_annotations import annotations_of_page, describe_unread_parts
from agentkit_tools.unreadable import NotReadable

if TYPE_CHECKING:
    from pypdf import PageObject, PdfReader

MISSING_PDF_EXTRA = "reading PDF needs the extra `documents`: pip install pypdf"
MISSING_AES_EXTRA = "encrypted with AES, which needs: pip install 'pypdf[crypto]'"
MOST_PAGES = 2_000
"""Maximum number of pages of one PDF; the rest is reported."""
MOST_CHARS = 5_000_000
"""Maximum number of characters of one PDF; the pages after the one that reaches it are reported."""
MOST_SECONDS = 120.0
"""Maximum duration of reading one PDF in seconds; the pages that are left are reported."""

_QUIET = logging.NullHandler()
_PAGE_LINE = re.compile(r"^(?=\[Page \d+\]$)", re.MULTILINE)
_NO_TEXT = "[no text on this page]"
_PICTURE = "[no text on this page, only pictures]"
_DAMAGED = "[this page is damaged and could not be read]"

_DAMAGED_NOTES = "[the form fields and notes of this page are damaged and could not be read]"


@dataclass(frozen=True, slots=True)
class PdfText:
    """The text of a PDF."""

    text: str
    title: str
    """The title in the file's metadata. Empty: it has none."""
    missing: str
    """The missing pages and the reasons, in plain words, but for pictures. Empty: none is missing."""
    pictures: tuple[int, ...] = ()
    """The pages that have no text, only pictures; the text has `picture_mark` for each."""
    no_text: str = ""
    """The reason why no page has a text. Empty: there is text."""

    @property
    def unread(self) -> str:
        """The pages that are not in the text, and the reasons. Empty: all are."""
        pictures = f"{_list_pages(self.pictures)} without text, only with pictures" if self.pictures else ""
        return "; ".join(filter(None, [pictures, self.missing]))


def text_of_pdf(file: BinaryIO) -> PdfText:
    """Read a PDF. Raises NotReadable if it has no text, is encrypted or damaged, or the extra is not installed."""
    found = read_pdf(file)
    if found.no_text:
        raise NotReadable(found.no_text)
    return found


def read_pdf(file: BinaryIO) -> PdfText:
    """Read a PDF, also one whose pages are pictures. Raises NotReadable as above, or if it has no pictures either."""
    if find_spec("pypdf") is None:
        raise NotReadable(MISSING_PDF_EXTRA)
    # If neither pypdf's logger nor the application has a handler, Python prints pypdf's many warnings to stderr.
    logging.getLogger("pypdf").addHandler(_QUIET)
    reader, total = _open_reader(file)
    pages: list[str] = []
    chars, end = 0, time.monotonic() + MOST_SECONDS
    for number in range(min(total, MOST_PAGES)):
        pages.append(_text_of_page(reader, number))
        chars += len(pages[-1])
        if chars > MOST_CHARS or time.monotonic() > end:
            break
    unread = _describe_unread(reader)
    pictures = tuple(number for number, page in enumerate(pages, 1) if page == _PICTURE)
    no_text = ""
    if all(page in (_NO_TEXT, _PICTURE, _DAMAGED) for page in pages):
        no_text = "; ".join(filter(None, [_no_text_reason(pages), unread]))
        if not pictures:
            raise NotReadable(no_text)
    text = "\n\n".join(f"[Page {number}]\n\n{page}" for number, page in enumerate(pages, 1))
    missing = "; ".join(filter(None, [_describe_missing_pages(pages, total), unread]))
    return PdfText(f"{text}\n", _read_title(reader), missing, pictures, no_text)


def picture_mark(page: int) -> str:
    """Return what stands in the text of a PDF for a page that has only pictures."""
    return f"[Page {page}]\n\n{_PICTURE}"


def pages_as_pdfs(file: BinaryIO, pages: Sequence[int]) -> Iterator[bytes]:
    """Yield each of these pages as a PDF of its own; empty for one that cannot be taken out."""
    if not pages:
        return
    from pypdf import PdfWriter

    file.seek(0)
    reader, _ = _open_reader(file)
    for number in pages:
        taken = BytesIO()
        try:
            with PdfWriter() as writer:
                writer.add_page(reader.pages[number - 1])
                writer.write(taken)
        except Exception:  # noqa: BLE001 - see above; other pages may be whole
            yield b""
        else:
            yield taken.getvalue()


def _open_reader(file: BinaryIO) -> tuple[PdfReader, int]:
    """Open a PDF. Returns the reader and the number of pages."""
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
        raise NotReadable(MISSING_AES_EXTRA) from None
    except Exception as error:  # noqa: BLE001 - pypdf raises exceptions of every type on a damaged file
        raise NotReadable(f"a damaged PDF ({_error_text(error)})") from None
    if not total:
        raise NotReadable("a PDF without pages")
    return reader, total


def _text_of_page(reader: PdfReader, number: int) -> str:
    from pypdf.errors import DependencyError

    try:
        page = reader.pages[number]
        lines = [line.rstrip() for line in clean_text(page.extract_text()).split("\n")]
        text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")
        text = "\n\n".join(filter(None, [text.strip() and text, _read_annotations(page)]))
        if re.search(r"\w", text):
            return _PAGE_LINE.sub(" ", text)
        return _PICTURE if _has_pictures(page) else _NO_TEXT
    except DependencyError:
        raise NotReadable(MISSING_AES_EXTRA) from None
    except Exception:  # noqa: BLE001 - see above; other pages may be readable
        return _DAMAGED


def _read_annotations(page: PageObject) -> str:
    try:
        return annotations_of_page(page)
    except Exception:  # noqa: BLE001 - see above; the text is usable without them
        return _DAMAGED_NOTES


def _has_pictures(page: PageObject) -> bool:
    resources = page.get("/Resources")
    return resources is not None and "/XObject" in resources.get_object()


def _read_title(reader: PdfReader) -> str:
    try:
        title = reader.metadata.title if reader.metadata is not None else ""
        return " ".join(clean_text(title or "").split())
    except Exception:  # noqa: BLE001 - see above; the text is usable without a title
        return ""


def _no_text_reason(pages: list[str]) -> str:
    if _DAMAGED in pages:
        return "a damaged PDF: none of its pages can be read"
    if _PICTURE in pages:
        return f"a scan: its pages ({len(pages)}) hold pictures without text, which need text recognition (OCR) first"
    return "a PDF without any text"


def _describe_unread(reader: PdfReader) -> str:
    try:
        return describe_unread_parts(reader)
    except Exception:  # noqa: BLE001 - see above; the pages are usable
        return "forms and attached files are damaged"


def _describe_missing_pages(pages: list[str], total: int) -> str:
    damaged = [number for number, page in enumerate(pages, 1) if page == _DAMAGED]
    said = [
        f"{_list_pages(damaged)} damaged" if damaged else "",
        f"{total - len(pages)} more pages after page {len(pages)} not read: too much for one document"
        if total > len(pages)
        else "",
    ]
    return "; ".join(filter(None, said))


def _list_pages(pages: Sequence[int]) -> str:
    shown = ", ".join(map(str, pages[:10])) + (f" and {len(pages) - 10} more" if len(pages) > 10 else "")
    return f"page {shown}" if len(pages) == 1 else f"pages {shown}"


def _error_text(error: Exception) -> str:
    """Return pypdf's message as one short line."""
    said = " ".join(str(error).split()) or type(error).__name__
    return clean_text(said if len(said) <= 100 else f"{said[:100]}...").rstrip(".")
