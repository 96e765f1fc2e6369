"""What a property is for, told by its name: one table for tools, for what comes back from them and for answers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, TypeAlias

Role: TypeAlias = (
    Literal["", "question", "query", "source", "name", "title", "quote", "text", "start", "end", "found", "confidence"]
    | Literal["missing", "count", "note", "format"]
)
"""Empty: no role that this mind knows."""
_WORDS: Mapping[Role, str] = {
    "question": "question objective task goal brief assignment instruction prompt frage auftrag",
    "query": "query topic request ask",
    "source": "source document doc id file path filename url uri quelle dokument article",
    "name": "name key ref reference",
    "title": "title titel",
    "quote": "quote quotation excerpt passage snippet evidence citation cited verbatim sentence zitat beleg span",
    "text": "text answer summary report conclusion response result finding explanation reply message content body "
    "overview claim statement fact point insight detail antwort bericht zusammenfassung output",
    "start": "start begin offset von",
    "end": "end stop bis",
    "found": "found answered answerable relevant supported sufficient answer has is gefunden verdict status",
    "confidence": "confidence score certainty probability likelihood relevance",
    "missing": "missing unread failed failure unreadable error skipped",
    "count": "count number total",
    "note": "note caveat remark limitation reasoning reason rationale why method disclaimer comment",
    "format": "format boundary boundaries limit constraint scope",
}
_ROLES: dict[str, Role] = {}
for _role, _names in _WORDS.items():
    for _name in _names.split():
        _ROLES.setdefault(_name, _role)


def role_of(name: str, kind: object = None) -> Role:
    """The role of a property by the last word of its name that has one; a yes or no is always `found`."""
    if kind == "boolean":
        return "found"
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-zÀ-ÿ]+", " ", name).lower()
    for word in reversed(spaced.split()):
        role = _ROLES.get(word) or _ROLES.get(word.removesuffix("s"))
        if role:
            return role
    return ""
