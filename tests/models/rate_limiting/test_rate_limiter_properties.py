"""Whoever comes, leaves, is refused or cancelled, whenever: the limit holds, nobody is stuck, no place is lost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import anyio
import trio
from hypothesis import given, settings
from hypothesis import strategies as st
from trio.testing import MockClock

from agentkit.models.rate_limiting.limiter import Permit, RateLimiter

PREFIX = "anthropic-ratelimit-requests"


@dataclass(frozen=True)
class Visit:
    """One request: when it comes, how long it takes, how it ends, and when it is cancelled. Times are in ticks."""

    sender: str
    comes: int
    takes: int
    ends: str
    patience: int | None
    limit: float | None
    """What the headers say: how many requests there are in 60 ticks, and how many are left. None: nothing."""
    remaining: str
    retry_after: int | None


VISITS = st.lists(
    st.builds(
        Visit,
        sender=st.sampled_from("abc"),
        comes=st.integers(0, 12),
        takes=st.integers(0, 4),
        ends=st.sampled_from(["well", "well", "refused", "broken"]),
        patience=st.none() | st.integers(0, 8),
        limit=st.sampled_from([None, None, 1, 6, 60, -1, math.nan]),
        remaining=st.sampled_from(["0", "1", "6", "x"]),
        retry_after=st.none() | st.integers(0, 5),
    ),
    min_size=1,
    max_size=30,
)


class Watched(RateLimiter):
    """Looks at itself whenever it admits."""

    def __init__(self, concurrency: int) -> None:
        super().__init__()
        self._concurrency = concurrency
        self.closed_until = -math.inf

    def _admit_waiting(self) -> None:
        were, may_be = self.in_flight, self.concurrency
        super()._admit_waiting()
        assert self.in_flight <= max(were, may_be)
        assert self.in_flight == were or anyio.current_time() >= self.closed_until - 1e-5

    def refuse(self, permit: Permit, retry_after_s: float | None) -> None:
        self.closed_until = max(self.closed_until, anyio.current_time() + (retry_after_s or 0))
        permit.record_overload(retry_after_s)


async def play(visits: Sequence[Visit], concurrency: int, tick_s: float) -> None:
    rate_limiter = Watched(concurrency)
    served = cancelled = 0

    async def visited(visit: Visit) -> None:
        nonlocal served, cancelled
        await anyio.sleep(visit.comes * tick_s)
        patience_s = math.inf if visit.patience is None else visit.patience * tick_s
        with anyio.move_on_after(patience_s) as scope:
            with await rate_limiter.admit(visit.sender, 10) as permit:
                await anyio.sleep(visit.takes * tick_s)
                if visit.limit is not None:
                    permit.record_headers(
                        {f"{PREFIX}-limit": str(visit.limit / tick_s), f"{PREFIX}-remaining": visit.remaining}
                    )
                if visit.ends == "well":
                    permit.record_success(3)
                elif visit.ends == "refused":
                    rate_limiter.refuse(permit, None if visit.retry_after is None else visit.retry_after * tick_s)
            served += 1
        cancelled += scope.cancelled_caught

    async with anyio.create_task_group() as tasks:
        for visit in visits:
            tasks.start_soon(visited, visit)
    assert served + cancelled == len(visits)
    assert (rate_limiter.in_flight, rate_limiter.waiting) == (0, 0)
    assert rate_limiter.concurrency >= 1
    assert not any(bucket._uncounted > 1e-6 for bucket in rate_limiter._buckets.values())
    with await rate_limiter.admit("afterwards", 10):
        assert rate_limiter.in_flight == 1


@given(VISITS, st.integers(1, 5))
def test_no_place_is_lost_and_nobody_is_stuck(visits: list[Visit], concurrency: int) -> None:
    async def scene() -> None:
        with trio.fail_after(60 * (len(visits) + 5)):
            await play(visits, concurrency, 1.0)

    trio.run(scene, clock=MockClock(autojump_threshold=0))


@given(VISITS, st.integers(1, 5))
@settings(max_examples=15)
def test_on_asyncio_neither(visits: list[Visit], concurrency: int) -> None:
    async def scene() -> None:
        with anyio.fail_after(30):
            await play(visits, concurrency, 0.001)  # there is no clock that jumps

    anyio.run(scene)
