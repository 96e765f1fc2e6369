"""What could not be read, and why: a value for who asked, an exception for who reads."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file, or a part of one, that could not become a document."""

    path: str
    """Relative to the folder that was read; behind it the place in the file: `inbox.mbox/12`."""
    reason: str
    """In plain words, without a final stop."""


class NotReadable(Exception):
    """There is no document here; the text is the reason, in plain words and without a final stop."""
