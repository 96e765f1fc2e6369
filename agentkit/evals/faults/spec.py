"""Faults for an evaluation: how often each kind of trouble comes."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from agentkit.errors import UsageError

_USUAL = "usual"


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """The faults that an agent meets during a trial, each with its share from 0 to 1; `latency_s` is in seconds.

    Which call meets which fault follows from the seed, the task and the number of the try, so that two agents that make
    the same call meet the same fault. A call that is repeated unchanged fails twice at the most.

    Raises:
        UsageError: A share is not from 0 to 1, or the latency is negative.
    """

    tool_errors: float = 0.0
    """The share of tool calls that fail before the tool does anything: half with a ToolError, half by a crash."""
    lost_results: float = 0.0
    """The share of tool calls that have their effect, but whose result is lost: an error comes in its place."""
    wrong_data: float = 0.0
    """The share of results of tools that only read which arrive damaged: cut off in the middle."""
    latency_s: float = 0.0
    """The most seconds that a tool call takes longer, drawn evenly."""
    api: float = 0.0
    """The share of requests to the model that fail: overload, a lost connection, a stream that is cut off."""
    kills: float = 0.0
    """The share of trials in which the process dies once at a random step, and the run is resumed from its journal."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value: object = getattr(self, field.name)
            most = math.inf if field.name == "latency_s" else 1
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
                kind = "seconds, at least 0" if field.name == "latency_s" else "a share from 0 to 1"
                raise UsageError(f"Faults({field.name}={value!r}): it has to be {kind}.")

    def __str__(self) -> str:
        """Return the faults as `parse` takes them."""
        given = [(field.name, getattr(self, field.name)) for field in fields(self)]
        return ",".join(f"{name}={value:g}" for name, value in given if value)

    @classmethod
    def parse(cls, text: str) -> Faults:
        """Return the faults of a text: `tool_errors=0.2,api=0.1`, or `usual`, a mixture of all kinds.

        Args:
            text: The text.

        Raises:
            UsageError: A name is unknown, or a value is no number that fits it.
        """
        names = [field.name for field in fields(cls)]
        if text.strip() == _USUAL:
            return cls(tool_errors=0.15, lost_results=0.05, wrong_data=0.05, latency_s=0.02, api=0.1, kills=0.1)
        given: dict[str, float] = {}
        for part in filter(None, (part.strip() for part in text.split(","))):
            name, _, value = part.partition("=")
            if (name := name.strip()) not in names:
                raise UsageError(
                    f"Faults: {name!r} is none of them: {', '.join(names)}; or write {_USUAL!r} alone for all."
                )
            try:
                given[name] = float(value)
            except ValueError:
                raise UsageError(f"Faults: {part!r} has no number behind `{name}=`.") from None
        if not given:
            raise UsageError(f"Faults: {text!r} names none; write 'tool_errors=0.2,api=0.1', or {_USUAL!r}.")
        return cls(**given)
