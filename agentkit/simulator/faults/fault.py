"""What one fault is: a change to a reply somewhere between the model and the client."""

from __future__ import annotations

import math
from collections.abc import AsyncGenerator, Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from agentkit.messages.message import JSONObject
from agentkit.simulator.reply import Reply, ServerError, Turn

Events: TypeAlias = "Iterator[JSONObject]"
"""The events of a stream on their way."""
Chunks: TypeAlias = "AsyncGenerator[bytes]"
"""The bytes of a response on their way."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong with one reply. Faults join with `+`; make them by the functions beside this one."""

    delay_s: float = 0
    """Seconds before anything is answered."""
    is_dropped: bool = False
    """Whether the connection is closed without an answer."""
    error: ServerError | None = None
    """The HTTP error that comes instead of a reply."""
    error_of_whole: ServerError | None = None
    """The same for requests without `stream`, where an error in the middle cannot be said."""
    reply: Reply | None = None
    """What is said instead of the reply."""
    turn: Callable[[Turn], Turn] | None = None
    """Changes what the model says."""
    events: Callable[[Events], Events] | None = None
    """Changes the events of a stream."""
    chunks: Callable[[Chunks], Chunks] | None = None
    """Changes the bytes of the response."""
    needs_call: bool = False
    """Whether it only happens to a reply with a tool call."""
    keeps_reply: bool = False
    """Whether the reply stays for the next time that the same conversation is asked."""

    def __add__(self, other: Fault) -> Fault:
        return Fault(
            delay_s=self.delay_s + other.delay_s,
            is_dropped=self.is_dropped or other.is_dropped,
            error=self.error or other.error,
            error_of_whole=self.error_of_whole or other.error_of_whole,
            reply=self.reply or other.reply,
            turn=_both(self.turn, other.turn),
            events=_both(self.events, other.events),
            chunks=_both(self.chunks, other.chunks),
            needs_call=self.needs_call or other.needs_call,
            keeps_reply=self.keeps_reply or other.keeps_reply,
        )


def at_least(least: float, **given: float) -> None:
    """Raise ValueError for a setting that is smaller, or no number to count or wait by; name it as it is called."""
    for name, value in given.items():
        if not least <= value < math.inf:
            raise ValueError(f"{name} is a number from {least} on, not {value}")


def _both(first: Callable[[_T], _T] | None, second: Callable[[_T], _T] | None) -> Callable[[_T], _T] | None:
    if first is None or second is None:
        return first or second
    return lambda value: second(first(value))
