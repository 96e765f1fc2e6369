"""Texts as the patterns compare and send them: when two are the same, and what a request can carry."""

from __future__ import annotations

import unicodedata


def text_key(text: str) -> str:
    """Return a key that is the same for texts that differ in white space, case and the forms of characters only."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def sendable(text: str) -> str:
    """Return a text with halves of surrogate pairs joined, or replaced where the other half is missing."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
