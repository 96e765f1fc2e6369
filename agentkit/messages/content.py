"""Images, files and documents as input of a conversation, and their content blocks for the API.

Two rules for this file: data is read when the value is created, so a message never fails later; and only media types
that the API accepts are accepted.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from agentkit.errors import UsageError

if TYPE_CHECKING:
    from agentkit.messages.message import Block

_IMAGE_SIGNATURES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
}


@dataclass(frozen=True, slots=True)
class Image:
    """A picture: PNG, JPEG, GIF or WebP. As input of a run or as the result of a tool."""

    data: bytes = field(repr=False)
    media_type: str
    """`image/png`, `image/jpeg`, `image/gif` or `image/webp`."""

    @classmethod
    def of(cls, data: bytes) -> Image:
        """Make an image from its bytes; they tell its type. Raises UsageError for any other kind of data."""
        if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            return cls(data, "image/webp")
        for signature, media_type in _IMAGE_SIGNATURES.items():
            if data.startswith(signature):
                return cls(data, media_type)
        raise UsageError("These bytes are not a PNG, JPEG, GIF or WebP image, the kinds the API takes.")

    @classmethod
    def open(cls, path: str | Path) -> Image:
        """Read a picture from disk. Raises OSError when it cannot be read, UsageError for another kind of file."""
        try:
            return cls.of(Path(path).read_bytes())
        except UsageError as error:
            raise UsageError(f"{path}: {error}") from None

    def to_block(self) -> Block:
        """Return the API's image block."""
        data = base64.b64encode(self.data).decode()
        return {"type": "image", "source": {"type": "base64", "media_type": self.media_type, "data": data}}


@dataclass(frozen=True, slots=True)
class File:
    """A PDF or plain text file, sent as a document block."""

    data: bytes = field(repr=False)
    media_type: str
    """`application/pdf` or `text/plain`."""
    name: str = ""
    """The title that the model sees. Empty: none."""

    @classmethod
    def open(cls, path: str | Path) -> File:
        """Read a file from disk. Raises OSError when it cannot be read, UsageError when it is neither PDF nor text."""
        data = Path(path).read_bytes()
        name = Path(path).name
        if data.startswith(b"%PDF-"):
            return cls(data, "application/pdf", name)
        try:
            data.decode()
        except UnicodeDecodeError:
            raise UsageError(f"{path}: a File is a PDF or UTF-8 text; for pictures use Image.open.") from None
        return cls(data, "text/plain", name)

    def to_block(self) -> Block:
        """Return the API's document block."""
        if self.media_type == "application/pdf":
            data = base64.b64encode(self.data).decode()
            source = {"type": "base64", "media_type": self.media_type, "data": data}
        else:
            source = {"type": "text", "media_type": "text/plain", "data": self.data.decode()}
        block: Block = {"type": "document", "source": source}
        return block | {"title": self.name} if self.name else block


@dataclass(frozen=True, slots=True)
class Document:
    """A text with an id that others can cite. As input of an agent it becomes a document block."""

    id: str
    """The id that a citation names: short and stable."""
    text: str = field(repr=False)
    title: str = ""
    """The title for people. Empty: the id is the title."""

    def to_block(self) -> Block:
        """Return the API's document block, with the id in its title so that it can be cited."""
        title = f"{self.id}: {self.title}" if self.title else self.id
        source = {"type": "text", "media_type": "text/plain", "data": self.text}
        return {"type": "document", "source": source, "title": title}
