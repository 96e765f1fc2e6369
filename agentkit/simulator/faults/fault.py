"""The record of one fault: a change to a reply somewhere between the model and the client."""

from __future__ import annotations

import math
from collections.abc import AsyncGenerator, Callable, Iterator
from dataclasses import dataclass, field, fields, replace
from functools import wraps
from inspect import signature
from typing import ParamSpec, TypeAlias, TypeVar

from agentkit.messages.message import JSONObject
from agentkit.simulator.replies.parts import ServerError
from agentkit.simulator.replies.reply import Reply
from agentkit.simulator.replies.turn import Turn
from agentkit.simulator.replies.written import written_value

Events: TypeAlias = "Iterator[JSONObject]"
"""The events of a stream."""
Chunks: TypeAlias = "AsyncGenerator[bytes]"
"""The bytes of a response, in chunks."""

_T = TypeVar("_T")
_P = ParamSpec("_P")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong with one reply. Faults join with `+`; the functions of the package create them."""

    delay_s: float = 0
    """Seconds before the response starts."""
    is_dropped: bool = False
    """True if the connection is closed without a response."""
    error: ServerError | None = None
    """The HTTP error that is sent instead of a reply. None: no error."""
    error_without_stream: ServerError | None = None
    """The same, only for requests without `stream`, whose response cannot hold an error in the middle."""
    reply: Reply | None = None
    """The reply that replaces the responder's. None: the responder's reply is sent."""
    change_turn: Callable[[Turn], Turn] | None = None
    """Changes the turn of the model. None: no change."""
    change_events: Callable[[Events], Events] | None = None
    """Changes the events of a stream. None: no change."""
    change_chunks: Callable[[Chunks], Chunks] | None = None
    """Changes the bytes of the response. None: no change."""
    needs_call: bool = False
    """True if it applies only to a reply with a tool call."""
    keeps_reply: bool = False
    """True if the next request of the same conversation gets the responder's reply that this fault spoiled."""
    written: str = field(default="", compare=False)
    """The expression that made it: `cut(at=5)`. Empty: its fields."""

    def __repr__(self) -> str:
        """Return the fault as it is written in a script."""
        if self.written:
            return self.written
        given = {
            each.name: getattr(self, each.name) for each in fields(self) if getattr(self, each.name) != each.default
        }
        return f"Fault({', '.join(f'{name}={written_value(value)}' for name, value in given.items())})"

    def __add__(self, other: Fault) -> Fault:
        return Fault(
            delay_s=self.delay_s + other.delay_s,
            is_dropped=self.is_dropped or other.is_dropped,
            error=self.error or other.error,
            error_without_stream=self.error_without_stream or other.error_without_stream,
            reply=self.reply or other.reply,
            change_turn=_compose(self.change_turn, other.change_turn),
            change_events=_compose(self.change_events, other.change_events),
            change_chunks=_compose(self.change_chunks, other.change_chunks),
            needs_call=self.needs_call or other.needs_call,
            keeps_reply=self.keeps_reply or other.keeps_reply,
            written=f"{self!r} + {other!r}",
        )


def written_as_called(make: Callable[_P, Fault]) -> Callable[_P, Fault]:
    """Decorate a function that makes a fault: the fault is shown as the call of the function."""

    @wraps(make)
    def make_written(*args: _P.args, **kwargs: _P.kwargs) -> Fault:
        fault = make(*args, **kwargs)
        given = signature(make).bind(*args, **kwargs).arguments
        settings = ", ".join(f"{name}={written_value(value)}" for name, value in given.items())
        return replace(fault, written=f"{make.__name__}({settings})")

    return make_written


def check_at_least(least: float, **given: float) -> None:
    """Raise ValueError for a setting below `least`, infinite or NaN; the keyword is its name in the message."""
    for name, value in given.items():
        if not least <= value < math.inf:
            raise ValueError(f"{name} is a number from {least} on, not {value}")


def _compose(first: Callable[[_T], _T] | None, second: Callable[[_T], _T] | None) -> Callable[[_T], _T] | None:
    if first is None or second is None:
        return first or second
    return lambda value: second(first(value))
