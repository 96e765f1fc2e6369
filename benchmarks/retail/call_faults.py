"""Faults for a share of the calls, each before the call takes effect, and at most one for each call."""

from __future__ import annotations

import random
from collections.abc import Sequence
from enum import StrEnum

from agentkit import ToolError
from benchmarks.retail.known_calls import KnownCall
from examples.retail import tools
from examples.retail.records import Database
from examples.retail.shop import Shop

SHARE = 0.1


class CallFault(StrEnum):
    """The reason for which a call fails."""

    NO_DATABASE = "the database was not reached"
    WRONG_KEY = "arguments had wrong names"
    CUT_SHORT = "the arguments were no JSON"


def draw_faults(calls: Sequence[KnownCall], seed: str) -> dict[int, CallFault]:
    """Draw the calls that fail; their positions with the reasons."""
    dice = random.Random(seed)  # noqa: S311 - the same seed, the same trouble
    drawn = {place: dice.choice(list(CallFault)) for place in range(len(calls)) if dice.random() < SHARE}
    # A call that needs no database cannot fail to reach it.
    return {
        place: CallFault.CUT_SHORT if calls[place].tool is tools.add_up else trouble for place, trouble in drawn.items()
    }


class UnreliableShop(Shop):
    """A shop whose next operation can be made to fail once, before it has read anything."""

    fails_next = False

    @property
    def database(self) -> Database:
        """The database, which every operation reads first."""
        if self.fails_next:
            self.fails_next = False
            raise ToolError("The database was not reached, and nothing was changed.", retryable=True)
        return self._database

    @database.setter
    def database(self, database: Database) -> None:
        self._database = database
