"""Tools as MCP servers list them, with annotations, and the effect that annotations stand for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentkit.tools.options import Effect


@dataclass(frozen=True, slots=True)
class Annotations:
    """A server's hints about one tool. Nothing checks them. None: the server does not say."""

    title: str | None = None
    """A name to show to people."""
    is_read_only: bool | None = None
    """The tool changes nothing."""
    is_destructive: bool | None = None
    """The tool may delete or overwrite."""
    is_idempotent: bool | None = None
    """A second call with the same arguments changes nothing more."""
    is_open_world: bool | None = None
    """The tool reaches the world outside: its results may hold text that anybody wrote."""


@dataclass(frozen=True, slots=True)
class ListedTool:
    """A tool as its server lists it."""

    name: str
    """The server's own name for the tool."""
    description: str
    input_schema: Mapping[str, object]
    output_schema: Mapping[str, object] | None
    """JSON Schema of `structuredContent` in results. None: the server gives none."""
    annotations: Annotations
    is_task: bool = False
    """True if it runs only as an MCP task, whose result has to be polled; such tools are not supported."""


def effect_from_annotations(annotations: Annotations) -> Effect:
    """Return the effect that the hints stand for, if they are true; without a hint the worst is assumed."""
    if annotations.is_read_only:
        return "read"
    return "idempotent" if annotations.is_idempotent else "write"
