"""Conversations that begin at once with the same long prefix: one writes it to the prompt cache, the others read it."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import anyio
import pytest

from agentkit import Agent, Settings
from agentkit.messages.message import JSONObject, user
from agentkit.messages.request import EncodedPrefix, Request
from agentkit.models.rate_limiting import cache_warmup as warmth
from agentkit.models.rate_limiting.cache_warmup import CacheWarmup, CacheWrite
from agentkit.simulator import Reply, Script, Simulator
from agentkit.simulator.faults import status

pytestmark = pytest.mark.anyio

LONG = "Be brief, and read with care. " * 400
MARKER = {"type": "ephemeral"}


def request(system: str = LONG, messages: int = 1, marker: dict[str, Any] | None = MARKER) -> Request:
    prefix = EncodedPrefix.encode(system, (), marker)
    return Request(prefix, tuple(user("Hi") for _ in range(messages)), {"model": "claude-haiku-5-5", "max_tokens": 9})


async def begun(one: CacheWarmup, asked: Request | None = None) -> CacheWrite:
    writing = await one.wait_for_write(asked or request())
    assert writing is not None
    return writing


@contextmanager
def held(writing: CacheWrite) -> Generator[CacheWrite]:
    try:
        yield writing
    finally:
        writing.release()


class TestRuns:
    """What the server sees of it."""

    @staticmethod
    async def first_and_last(agent: Agent, *, expected: int) -> tuple[int, int]:
        """How many requests it has before the first reply, which waits for as many as expected, and in all, of ten."""
        seen: list[int] = []
        release = anyio.Event()

        async def answer(request: JSONObject) -> Reply:
            await release.wait()
            return Reply.text("Yes.")

        async def look() -> None:
            while len(server.ledger.rows) < expected:
                await anyio.sleep(0.01)
            await anyio.wait_all_tasks_blocked()
            seen.append(len(server.ledger.rows))
            release.set()

        server = Simulator(Script(answer))
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(look)
            done = await agent.map([str(number) for number in range(10)], client=server.client(), concurrency=10)
        assert all(one.result is not None and one.result.ok for one in done)
        return seen[0], len(server.ledger.rows)

    async def test_the_first_goes_ahead_where_the_prefix_is_long(self) -> None:
        assert await self.first_and_last(Agent("a", model="claude-haiku-5-5", instructions=LONG), expected=1) == (1, 10)

    async def test_all_go_at_once_where_it_is_not_cached(self) -> None:
        short = Agent("a", model="claude-haiku-5-5", instructions="Be brief.")
        assert await self.first_and_last(short, expected=10) == (10, 10)
        uncached = Agent("a", model="claude-haiku-5-5", instructions=LONG, settings=Settings(cache=None))
        assert await self.first_and_last(uncached, expected=10) == (10, 10)

    async def test_the_prefix_is_paid_for_once(self) -> None:
        server = Simulator(Script(lambda request: Reply.text("Yes.")))
        agent = Agent("a", model="claude-haiku-5-5", instructions=LONG)
        done = await agent.map([f"{number} " * 40 for number in range(10)], client=server.client(), concurrency=10)
        usage = [one.result.usage for one in done if one.result is not None]
        assert sum(one.cache_read_tokens > 2_500 for one in usage) == 9
        assert sum(one.cache_write_5m_tokens > 2_500 for one in usage) == 1

    async def test_a_first_one_that_fails_lets_the_next_one_try(self) -> None:
        server = Simulator(Script(lambda request: Reply.text("Yes.")), faults=[status(400)])
        agent = Agent("a", model="claude-haiku-5-5", instructions=LONG)
        done = await agent.map([str(number) for number in range(5)], client=server.client(), concurrency=5)
        assert sorted(one.result is not None and one.result.ok for one in done) == [False, *[True] * 4]


class TestWaiting:
    """Who waits, and for how long."""

    async def test_others_wait_until_the_reply_begins(self) -> None:
        one, came = CacheWarmup(), list[CacheWrite | None]()
        with held(await begun(one)) as writing:
            async with anyio.create_task_group() as tasks:

                async def follow() -> None:
                    came.append(await one.wait_for_write(request()))

                tasks.start_soon(follow)
                await anyio.wait_all_tasks_blocked()
                assert came == []
                writing.record_reply_started()
        assert came == [None]
        assert await one.wait_for_write(request()) is None

    async def test_when_it_fails_exactly_one_of_those_that_wait_writes(self) -> None:
        one, came = CacheWarmup(), list[bool]()

        async def follow() -> None:
            writing = await one.wait_for_write(request())
            came.append(writing is not None)
            if writing is not None:
                with held(writing):
                    await anyio.wait_all_tasks_blocked()
                    writing.record_reply_started()

        async with anyio.create_task_group() as tasks:
            with held(await begun(one)):
                for _ in range(4):
                    tasks.start_soon(follow)
                await anyio.wait_all_tasks_blocked()
        assert sorted(came) == [False, False, False, True]

    async def test_nobody_waits_for_ever(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(warmth, "MAX_WARMUP_WAIT_S", 0.01)
        one = CacheWarmup()
        with held(await begun(one)), anyio.fail_after(5):
            assert await one.wait_for_write(request()) is None

    @pytest.mark.parametrize(
        "asked", [request(messages=2), request(marker=None), request("Be brief."), request(LONG + "Please.")]
    )
    async def test_who_does_not_begin_with_that_prefix_does_not_wait(self, asked: Request) -> None:
        one = CacheWarmup()
        with held(await begun(one)), anyio.fail_after(5):
            writing = await one.wait_for_write(asked)
        if writing is not None:
            writing.record_reply_started()

    async def test_what_was_written_is_written_again_when_its_time_is_over(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        one, long = CacheWarmup(), request(marker={**MARKER, "ttl": "1h"})
        for asked in (request(), long):
            (await begun(one, asked)).record_reply_started()
        now = time.monotonic()
        monkeypatch.setattr(time, "monotonic", lambda: now + 400)
        assert await one.wait_for_write(long) is None
        (await begun(one)).record_reply_started()
