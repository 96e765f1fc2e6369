"""What the server tells of its limits, by a clock that jumps to the next thing that happens: exact, and at once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

import anyio
import pytest
import trio
from trio.testing import MockClock

from agentkit.models.rate_limiting.limiter import MAX_LIMIT_WAIT_S, RateLimiter


def told(name: str, limit: object, remaining: object, reset: str = "") -> dict[str, str]:
    prefix = f"anthropic-ratelimit-{name}"
    return {f"{prefix}-limit": str(limit), f"{prefix}-remaining": str(remaining), f"{prefix}-reset": reset}


def run(scene: Callable[[], Awaitable[object]]) -> None:
    async def with_a_deadline() -> None:
        with trio.fail_after(3600):
            await scene()

    trio.run(with_a_deadline, clock=MockClock(autojump_threshold=0))


async def ask(
    rate_limiter: RateLimiter, headers: Mapping[str, str], input_tokens: int = 1, output_tokens: int = 0
) -> float:
    """One request that is answered in no time; when it was admitted."""
    with await rate_limiter.admit("a", input_tokens) as permit:
        permit.record_headers(headers)
        permit.record_success(output_tokens)
        return anyio.current_time()


async def times(rate_limiter: RateLimiter, count: int, input_tokens: int = 1) -> list[float]:
    """When so many requests, all asked for now and none ever answered, are admitted, in seconds from now."""
    began = anyio.current_time()
    admitted: list[float] = []

    async def one() -> None:
        with await rate_limiter.admit("a", input_tokens):
            admitted.append(round(anyio.current_time() - began, 3))

    async with anyio.create_task_group() as tasks:
        for _ in range(count):
            tasks.start_soon(one)
    return admitted


def test_requests_come_as_the_bucket_fills_up() -> None:
    async def scene() -> None:
        rate_limiter = RateLimiter()
        await ask(rate_limiter, told("requests", 60, 2))
        assert await times(rate_limiter, 5) == [0, 0, 1, 2, 3]

    run(scene)


def test_prompts_wait_until_there_is_room_for_them() -> None:
    async def scene() -> None:
        rate_limiter = RateLimiter()
        await ask(rate_limiter, told("input-tokens", 6000, 1000))
        assert await times(rate_limiter, 3, input_tokens=600) == [0, 2, 8]
        await ask(rate_limiter, told("input-tokens", 6000, 3000))
        assert await times(rate_limiter, 1, input_tokens=50_000) == [30]  # over the whole limit: all of it

    run(scene)


def test_replies_count_once_they_are_known_and_by_then_for_what_they_usually_are() -> None:
    async def scene() -> None:
        rate_limiter = RateLimiter()
        await ask(rate_limiter, told("output-tokens", 600, 600), output_tokens=100)
        assert await times(rate_limiter, 4) == [0, 0, 0, 0]  # never answered, so nothing is known of them
        permits = [await rate_limiter.admit("a", 1) for _ in range(5)]
        began = anyio.current_time()
        with anyio.move_on_after(1):
            await rate_limiter.admit("a", 1)
        assert anyio.current_time() - began == 1  # five replies on their way are taken to be as long as the last
        for permit in permits:
            permit.record_success(1)
            permit.release()
        assert await times(rate_limiter, 1) == [0]

    run(scene)


def test_what_the_server_says_goes_before_what_was_reckoned() -> None:
    async def scene() -> None:
        rate_limiter = RateLimiter()
        await ask(rate_limiter, told("input-tokens", 6000, 6000))
        permit = await rate_limiter.admit("a", 6000)
        permit.record_headers(told("input-tokens", 6000, 5900))  # most of it was read from the cache
        permit.release()
        assert await times(rate_limiter, 1, input_tokens=5900) == [0]

    run(scene)


def test_a_reset_that_is_near_is_believed() -> None:
    async def scene() -> None:
        rate_limiter = RateLimiter()
        date = {"date": "Mon, 23 Nov 2026 12:00:00 GMT"}
        await ask(rate_limiter, told("requests", 10, 0, "2026-11-23T12:00:02Z") | date)  # ten in two seconds
        assert await times(rate_limiter, 3) == [0.2, 0.4, 0.6]

    run(scene)


@pytest.mark.parametrize("limit", ["-1", "nan", "", "many", "0", "1e999", "inf"])
def test_limits_without_sense_slow_nothing(limit: str) -> None:
    async def scene() -> None:
        rate_limiter = RateLimiter()
        await ask(rate_limiter, told("requests", limit, 0, "2999-01-01T00:00:00Z"))
        assert await times(rate_limiter, 3) == [0, 0, 0]

    run(scene)


@pytest.mark.parametrize("reset", ["1970-01-01T00:00:00Z", "2999-01-01T00:00:00Z", "soon", "9999-99-99", ""])
@pytest.mark.parametrize("limit", [1, "0.001", "999999999999999"])
def test_whatever_headers_say_one_request_a_minute_tries(limit: object, reset: str) -> None:
    async def scene() -> None:
        rate_limiter = RateLimiter()
        headers: dict[str, str] = {}
        for name in ("requests", "input-tokens", "output-tokens"):
            headers |= told(name, limit, 0, reset)
        for _ in range(5):
            began = anyio.current_time()
            assert await ask(rate_limiter, headers, 100_000, output_tokens=100_000) - began <= MAX_LIMIT_WAIT_S

    run(scene)


def test_after_the_longest_pause_one_tries_not_all() -> None:
    async def scene() -> None:
        rate_limiter = RateLimiter()
        await ask(rate_limiter, told("output-tokens", 60, 0), output_tokens=100_000)
        permits = [await rate_limiter.admit("a", 1)]
        assert anyio.current_time() == MAX_LIMIT_WAIT_S
        permits.append(await rate_limiter.admit("a", 1))
        assert anyio.current_time() == 2 * MAX_LIMIT_WAIT_S

    run(scene)


def test_retry_after_on_a_reply_pauses_nothing() -> None:
    async def scene() -> None:
        rate_limiter = RateLimiter()
        await ask(rate_limiter, {"retry-after": "30", "retry-after-ms": "30000"})
        assert await times(rate_limiter, 1) == [0]

    run(scene)


def test_a_refusal_that_says_when_to_come_again_is_a_pause_for_all() -> None:
    async def scene() -> None:
        rate_limiter = RateLimiter()
        permits = [await rate_limiter.admit("a", 1) for _ in range(8)]
        permits[0].record_overload(5)
        permits[1].record_overload(2)  # the longest wait holds
        permits[2].record_overload(None)
        for permit in permits:
            permit.release()
        assert await times(rate_limiter, 6) == [5, 5, 5, 5, 5, 5]

    run(scene)


def test_a_pause_that_gets_longer_while_somebody_waits_is_kept() -> None:
    async def scene() -> None:
        rate_limiter = RateLimiter()
        permit = await rate_limiter.admit("a", 1)
        permit.record_overload(5)
        permit.release()

        async def later() -> None:
            await anyio.sleep(4)
            permit.record_overload(10)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(later)
            assert await times(rate_limiter, 2) == [14, 14]

    run(scene)


def test_when_the_first_is_cancelled_the_next_wakes_up_in_its_time() -> None:
    async def scene() -> None:
        rate_limiter = RateLimiter()
        await ask(rate_limiter, told("requests", 60, 0))

        async def impatient() -> None:
            with anyio.move_on_after(0.5):
                await rate_limiter.admit("a", 1)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(impatient)
            await anyio.wait_all_tasks_blocked()
            assert await times(rate_limiter, 2) == [1, 2]
        assert (rate_limiter.waiting, rate_limiter.in_flight) == (0, 0)

    run(scene)


def test_waiting_costs_nothing_while_nothing_happens() -> None:
    """A hundred who wait wake up once each, not now and then."""

    class Steps(trio.abc.Instrument):
        count = 0

        def before_task_step(self, task: object) -> None:
            self.count += 1

    async def scene() -> None:
        rate_limiter = RateLimiter()
        await ask(rate_limiter, told("requests", 60, 0))
        trio.lowlevel.add_instrument(steps := Steps())
        assert (await times(rate_limiter, 100))[-1] == 100
        assert steps.count < 100 * 5

    run(scene)
