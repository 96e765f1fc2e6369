"""What a server says of its own tool, and what we make of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentkit.tools.options import Effect


@dataclass(frozen=True, slots=True)
class Annotations:
    """A server's hints about one tool. Nothing checks them; None: the server does not say."""

    title: str | None = None
    """A name for people."""
    is_read_only: bool | None = None
    """It changes nothing."""
    is_destructive: bool | None = None
    """It may delete or overwrite."""
    is_idempotent: bool | None = None
    """A second call with the same arguments changes nothing more."""
    is_open_world: bool | None = None
    """It reaches the world outside: its results may hold what anybody wrote."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A tool as its server lists it."""

    name: str
    """The server's own name for it."""
    description: str
    input_schema: Mapping[str, object]
    output_schema: Mapping[str, object] | None
    """What `structuredContent` of a result promises to fit. None: nothing is promised."""
    annotations: Annotations
    is_task: bool = False
    """Whether it runs only as a task, which is asked for again and again; that is not spoken here."""


def hinted_effect(annotations: Annotations) -> Effect:
    """The effect that the hints stand for, if they are true; what is not said is taken for the worst."""
    if annotations.is_read_only:
        return "read"
    return "idempotent" if annotations.is_idempotent else "write"
