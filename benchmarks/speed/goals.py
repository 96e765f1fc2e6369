"""The goals of the rows: the maximum ratio to the row's reference, mostly to the SDK's loop in the same rounds."""

from __future__ import annotations

TURN = {1: 0.27, 16: 0.24, 128: 0.21}
"""A streamed turn, by the number of agents at once."""
SPACED_TURN = 0.38
"""A streamed turn whose events come one by one."""
GIVEN_CLIENT = 0.67
"""A streamed turn where the SDK's client is given: as before requests went out without it."""
ON_TRIO = 0.58
"""A streamed turn on trio, to the SDK's loop on asyncio: as before requests went out without the SDK."""
READ_BY_STREAM = 1.2
"""A turn that is read by `stream()`, to one of `run()`."""
WITH_BUDGET = 1.06
"""A turn within a budget, to one without."""
GROWTH = 1.25
"""Turn 390, to turn 10."""
FAN_OUT = {100: 0.55, 1_000: 0.32}
"""Many short runs at once, by their number."""
SCHEMAS = 1.35
"""Tools with nested models, to what pydantic takes for the schemas of their functions."""
FIRST_REPLY = 0.30
"""A process, from its start to its first reply."""
