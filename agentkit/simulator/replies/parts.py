"""The parts of a reply: content blocks, what becomes one by the request, and an error in their place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from agentkit.messages.message import Block


@dataclass(frozen=True, slots=True)
class OutputPart:
    """The run's output; its block depends on the request."""

    value: object


@dataclass(frozen=True, slots=True)
class RawToolCall:
    """A tool call whose input is this text, JSON or not."""

    name: str
    text: str


Part: TypeAlias = "Block | OutputPart | RawToolCall"
"""A part of a reply. A Block is the API's own dictionary; a tool call may leave out its `id`."""


@dataclass(frozen=True, slots=True)
class ServerError:
    """An error response of the API."""

    status: int
    kind: str
    """The API's error type: `overloaded_error`, `rate_limit_error` ..."""
    message: str
    retry_after: str = ""
    """The wait before a retry: seconds, `date+30` for a date in 30 seconds, `250ms`, or any text. Empty: no header."""
    should_retry: str = ""
    """The header `x-should-retry`. Empty: as the API sends it with this status."""
