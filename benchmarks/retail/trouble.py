"""What goes wrong with a share of the calls, each time before the call could take effect, and never twice for one."""

from __future__ import annotations

import random
from collections.abc import Sequence
from enum import StrEnum

from agentkit import ToolError
from benchmarks.retail.known import Known
from examples.retail import tools
from examples.retail.records import Database
from examples.retail.shop import Shop

SHARE = 0.1


class Trouble(StrEnum):
    """Why a call fails."""

    NO_DATABASE = "the database was not reached"
    WRONG_KEY = "arguments had wrong names"
    CUT_SHORT = "the arguments were no JSON"


def draw(calls: Sequence[Known], seed: str) -> dict[int, Trouble]:
    """The calls that fail, by their places."""
    dice = random.Random(seed)  # noqa: S311 - the same seed, the same trouble
    drawn = {place: dice.choice(list(Trouble)) for place in range(len(calls)) if dice.random() < SHARE}
    # What needs no database cannot miss it.
    return {
        place: Trouble.CUT_SHORT if calls[place].tool is tools.add_up else trouble for place, trouble in drawn.items()
    }


class UnreliableShop(Shop):
    """A shop whose database may be out of reach once: before an operation has looked at anything."""

    fails_next = False

    @property
    def database(self) -> Database:
        """What every operation looks at first."""
        if self.fails_next:
            self.fails_next = False
            raise ToolError("The database was not reached, and nothing was changed.", retryable=True)
        return self._database

    @database.setter
    def database(self, database: Database) -> None:
        self._database = database
