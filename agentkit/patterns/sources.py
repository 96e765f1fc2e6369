"""The sources that every pattern reads: documents, files and paths, and what is said of one that cannot be read."""

from __future__ import annotations

import re
from collections.abc import AsyncIterable, Iterable
from dataclasses import dataclass
from os import PathLike
from typing import TypeAlias

from agentkit.messages.content import Document, File

Source: TypeAlias = "Document | File | str | PathLike[str]"
"""A document, a file in memory, or the path of a file or a folder."""
Sources: TypeAlias = "Iterable[Source] | AsyncIterable[Source] | Document | File | PathLike[str]"
"""Documents and paths, from any iterable, sync or async; or one of them."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A document, or a part of one, that was not read."""

    document: str
    """The id of the document, or the path of the file."""
    reason: str
    """The reason, in a sentence without its full stop."""


def sendable(text: str) -> str:
    """Return the text without halves of surrogate pairs, which no request can carry; its length stays the same."""
    return re.sub("[\ud800-\udfff]", "\ufffd", text)
