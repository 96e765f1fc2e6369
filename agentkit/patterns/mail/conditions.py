"""Conditions on messages: what a query says, as a tree of typed records."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Literal, TypeAlias

from agentkit.errors import UsageError

Field: TypeAlias = Literal["any", "from", "to", "cc", "person", "subject", "body", "filename"]
"""The part of a message in which a text is looked for. `to` is every recipient, `person` sender and recipients."""


@dataclass(frozen=True, slots=True)
class Text:
    """A word or a phrase, whose words follow one another."""

    text: str
    field: Field = "any"
    is_prefix: bool = False
    """True: words that begin with it match as well."""
    at: int = dataclasses.field(default=0, compare=False)
    """Its place in the text of the query."""


@dataclass(frozen=True, slots=True)
class Period:
    """Messages of a time, in seconds since 1970, UTC."""

    since: int | None = None
    """The first second. None: from the beginning."""
    until: int | None = None
    """The second after the last. None: to the end."""


@dataclass(frozen=True, slots=True)
class Size:
    """Messages of a size in bytes, attachments as they were sent included."""

    least: int | None = None
    most: int | None = None


@dataclass(frozen=True, slots=True)
class HasAttachment:
    """Messages with a file."""


@dataclass(frozen=True, slots=True)
class Identity:
    """One message, or those of its thread."""

    id: str
    whole_thread: bool = False
    at: int = dataclasses.field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class All:
    """Every message."""


@dataclass(frozen=True, slots=True)
class And:
    """Messages that meet each condition."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Messages that meet one of the conditions."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Messages that do not meet a condition."""

    part: Condition


Condition: TypeAlias = "Text | Period | Size | HasAttachment | Identity | All | And | Or | Not"
"""A query, or a part of one."""

MOST_CONDITIONS = 200
"""Maximum number of conditions of a query."""
MOST_DEPTH = 20
"""Maximum number of parentheses and negations inside one another."""


def refuse_size(condition: Condition) -> None:
    """Raise UsageError for a query of more conditions, or deeper ones, than are searched for."""
    left = [(condition, 0)]
    for number, (part, depth) in enumerate(left):
        if depth > 2 * MOST_DEPTH or number > 2 * MOST_CONDITIONS:
            raise UsageError(
                f"The query has more than {MOST_CONDITIONS} conditions, or more than {MOST_DEPTH} inside one another: "
                "split it, or join what stands side by side in one `And` or `Or`."
            )
        inner = part.parts if isinstance(part, And | Or) else (part.part,) if isinstance(part, Not) else ()
        left += [(each, depth + 1) for each in inner]
