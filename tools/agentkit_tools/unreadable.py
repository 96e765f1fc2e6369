"""Files that cannot be read: `Unreadable` is the reported value, `NotReadable` the exception inside the readers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file, or a part of one, that could not become a document."""

    path: str
    """Path relative to the folder that was read, followed by the place in the file: `inbox.mbox/12`."""
    reason: str
    """The reason in plain words, without a full stop at the end."""


class NotReadable(Exception):
    """No document can be read here. The text is the reason, in plain words and without a full stop at the end."""
