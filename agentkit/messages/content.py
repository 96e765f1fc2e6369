"""Images, files and documents as input of a conversation, and their content blocks for the API.

Two rules for this file: data is read when the value is created, so a message never fails later; and only what the API
accepts is accepted: media type, size, pixels and pages are checked where a value is made.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, cast

from agentkit.errors import InvalidContent
from agentkit.messages.media_files import (
    IMAGE_MEDIA_TYPES,
    find_image_problem,
    find_pdf_problem,
    find_size_problem,
    image_media_type,
)
from agentkit.messages.text_encoding import decode_text

if TYPE_CHECKING:
    from agentkit.messages.message import Block


@dataclass(frozen=True, slots=True)
class Image:
    """A picture: PNG, JPEG, GIF or WebP. As input of a run or as the result of a tool.

    Raises InvalidContent for what the API does not take: other data, more than 10 MB in base64, or a side over 8,000
    pixels.
    """

    data: bytes = field(repr=False)
    """The bytes of the picture."""
    media_type: str
    """`image/png`, `image/jpeg`, `image/gif` or `image/webp`."""

    def __post_init__(self) -> None:
        _refuse_non_bytes(self.data)
        if problem := find_image_problem(self.data, self.media_type):
            raise InvalidContent(f"This image {problem}.")

    @classmethod
    def of(cls, data: bytes) -> Image:
        """Make an image from its bytes; they tell its type. Raises InvalidContent for any other kind of data."""
        _refuse_non_bytes(data)
        return cls(data, image_media_type(data))

    @classmethod
    def open(cls, path: str | Path) -> Image:
        """Read a picture from disk. Raises OSError when it cannot be read, InvalidContent for another kind of file."""
        try:
            return cls.of(Path(path).read_bytes())
        except InvalidContent as error:
            raise InvalidContent(error.problem, source=str(path)) from None

    def to_block(self) -> Block:
        """Return the API's image block."""
        data = base64.b64encode(self.data).decode()
        return {"type": "image", "source": {"type": "base64", "media_type": self.media_type, "data": data}}


@dataclass(frozen=True, slots=True)
class File:
    """A PDF or plain text file, sent as a document block.

    Raises InvalidContent for what the API does not take: other data, more than 32 MB as it is sent, or a PDF of more
    than 600 pages.
    """

    data: bytes = field(repr=False)
    """The bytes of the file."""
    media_type: str
    """`application/pdf` or `text/plain`."""
    name: str = ""
    """The title that the model sees. Empty: none."""

    def __post_init__(self) -> None:
        _refuse_non_bytes(self.data)
        if problem := _find_file_problem(self.data, self.media_type):
            raise InvalidContent(f"This file {problem}.")

    @classmethod
    def open(cls, path: str | Path) -> File:
        """Read a file from disk. Raises OSError if it cannot be read, InvalidContent if it is neither PDF nor text."""
        data = Path(path).read_bytes()
        try:
            return cls(data, "application/pdf" if data.startswith(b"%PDF-") else "text/plain", Path(path).name)
        except InvalidContent as error:
            raise InvalidContent(error.problem, source=str(path)) from None

    def to_block(self) -> Block:
        """Return the API's document block."""
        if self.media_type == "application/pdf":
            data = base64.b64encode(self.data).decode()
            source = {"type": "base64", "media_type": self.media_type, "data": data}
        else:
            source = {"type": "text", "media_type": "text/plain", "data": decode_text(self.data)}
        block: Block = {"type": "document", "source": source}
        return block | {"title": self.name} if self.name else block


@dataclass(frozen=True, slots=True)
class Document:
    """A text with an id that others can cite. As input of an agent it becomes a document block."""

    id: str
    """The id that a citation names: short and stable."""
    text: str = field(repr=False)
    """The text itself."""
    title: str = ""
    """The title for people. Empty: the id is the title."""

    def to_block(self) -> Block:
        """Return the API's document block, with the id in its title so that it can be cited."""
        title = f"{self.id}: {self.title}" if self.title else self.id
        source = {"type": "text", "media_type": "text/plain", "data": self.text}
        return {"type": "document", "source": source, "title": title}


def find_media_problem(block: Block) -> str | None:
    """Return the reason why the API would refuse an image or document block, as a sentence. None: none is known."""
    kind, given = block.get("type"), block.get("source")
    if kind not in ("image", "document") or not isinstance(given, dict):
        return None
    source = cast("Block", given)
    if source.get("type") != "base64":
        return None
    media_type, what = str(source.get("media_type")), "This image" if kind == "image" else "This document"
    known = IMAGE_MEDIA_TYPES if kind == "image" else ("application/pdf",)
    if media_type not in known:
        return f"{what} is of the type {media_type!r}, and the API takes {' and '.join(known)}."
    try:
        data = base64.b64decode(source.get("data") or "", validate=True)
    except (binascii.Error, ValueError, TypeError):
        return f"{what} is not in base64."
    problem = find_image_problem(data, media_type) if kind == "image" else find_pdf_problem(data)
    return f"{what} {problem}." if problem else None


def _refuse_non_bytes(data: object) -> None:
    if not isinstance(data, bytes | bytearray):
        kind = type(data).__name__
        raise InvalidContent(f"The data of an image or file is bytes, not {kind}; `open(path)` reads it from disk.")


def _find_file_problem(data: bytes, media_type: str) -> str | None:
    if media_type == "application/pdf":
        return find_pdf_problem(data)
    if media_type != "text/plain":
        return f"is given as {media_type!r}: a File is application/pdf or text/plain; for pictures use Image"
    try:
        decode_text(data)
    except UnicodeDecodeError:
        return "is no UTF-8 text, and no PDF by its first bytes; for pictures use Image"
    return find_size_problem(len(data))
