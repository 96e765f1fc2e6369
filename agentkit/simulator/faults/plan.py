"""The assignment of faults to requests: by a list, or at random by a seed."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from agentkit.errors import DefinitionError
from agentkit.simulator.faults.fault import Fault
from agentkit.simulator.faults.parsing import parse_fault

SURVIVABLE_FAULTS: Sequence[Fault | str] = (
    *("status:529", "status:500", "status:429,retry_after=0.01", "drop", "cut:0", "cut:150", "cut:600"),
    *("error_event:1", "error_event:5", "drip:16", "delay:0.01", "stall:40,0.02", "unknown_event"),
    *("invalid_json", "truncated_json", "duplicate_keys", "duplicate_ids", "max_tokens", "max_tokens:tool_use"),
    *("unknown_block", "empty", "pause_turn"),
)
"""Faults that a run should survive, the default of `Mix.among`."""


@dataclass(frozen=True, slots=True)
class Mix:
    """Faults drawn at random: the same ones for the same seed and the same requests, in any order of arrival."""

    rate: float = 0.2
    """The share of requests that get a fault, 0 to 1."""
    seed: int = 0
    """The seed of the random choice."""
    among: Sequence[Fault | str] = SURVIVABLE_FAULTS
    """The faults to draw from; one listed twice is drawn twice as often. Default: those that a run should survive."""

    def __post_init__(self) -> None:
        if not 0 <= self.rate <= 1 or not self.among:
            raise ValueError("a mix has a rate between 0 and 1, and faults to draw from")


Faults: TypeAlias = "Sequence[Fault | str | None] | Mix"
"""A fault for each request in their order of arrival, None for no fault; or a random mix."""


class FaultPlan:
    """Gives each message request its fault."""

    def __init__(self, faults: Faults = ()) -> None:
        self._mix = faults if isinstance(faults, Mix) else None
        if isinstance(faults, str | Fault):
            raise DefinitionError(f"faults={faults!r}: it takes a list with a fault for each request, [{faults!r}].")
        among = faults.among if isinstance(faults, Mix) else faults
        self._faults = [parse_fault(fault) if isinstance(fault, str) else fault for fault in among]
        self._listed = list(among)
        self._count = 0
        self._attempts: Counter[str] = Counter()

    @property
    def is_random(self) -> bool:
        """True if faults are drawn at random; one that does not fit its reply is then not reported."""
        return self._mix is not None

    def next_fault(self, conversation: str) -> Fault | None:
        """Return the fault of the next request, given the digest of its conversation. None: no fault."""
        self._count += 1
        if self._mix is None:
            return self._faults[self._count - 1] if self._count <= len(self._faults) else None
        self._attempts[conversation] += 1
        chance = random.Random(f"{self._mix.seed}/{conversation}/{self._attempts[conversation]}")  # noqa: S311 - no secret
        return chance.choice(self._faults) if chance.random() < self._mix.rate else None

    def describe_unused(self) -> list[str]:
        """Describe the faults of a list for which no request came."""
        left = enumerate(self._listed) if self._mix is None else ()
        return [f"- fault {i + 1}: {fault}" for i, fault in left if fault is not None and i >= self._count]
