"""How much is asked at once: nothing is slowed until the server complains, and no place is ever lost."""

from __future__ import annotations

import asyncio

import anyio
import httpx2
import pytest

from agentkit.models.rate_limiting.limiter import Permit, RateLimiter, rate_limiter_of
from agentkit.simulator import Quota, Reply, Script, Simulator
from agentkit.simulator.http.transport import SimulatorTransport
from tests.simulator.bodies import HEADERS, body

pytestmark = pytest.mark.anyio


class Client:
    """Any object will do."""


async def in_flight(rate_limiter: RateLimiter, count: int, sender: str = "a") -> list[Permit]:
    return [await rate_limiter.admit(sender, 10) for _ in range(count)]


def leave(*permits: Permit) -> None:
    for permit in permits:
        permit.release()


async def narrowed(concurrency: int) -> RateLimiter:
    """A rate_limiter that was told off until so many are allowed at once; none is in flight."""
    rate_limiter = RateLimiter()
    permits = await in_flight(rate_limiter, concurrency * 2)
    permits[0].record_overload(None)
    leave(*permits)
    assert (rate_limiter.concurrency, rate_limiter.in_flight) == (concurrency, 0)
    return rate_limiter


async def test_a_client_has_one_rate_limiter_for_each_model() -> None:
    client, other = Client(), Client()
    rate_limiter = rate_limiter_of(client, "claude-opus-5-5")
    assert rate_limiter_of(client, "claude-opus-5-5") is rate_limiter
    assert rate_limiter_of(client, "claude-haiku-5-5") is not rate_limiter
    assert rate_limiter_of(other, "claude-opus-5-5") is not rate_limiter


async def test_a_client_is_not_kept_alive_and_what_takes_its_place_begins_anew() -> None:
    seen: set[int] = set()
    for _ in range(50):
        client = Client()
        rate_limiter = rate_limiter_of(client, "m")
        assert rate_limiter.in_flight == 0
        permit = await rate_limiter.admit("a", 1)  # never given back
        seen.add(id(client))
        del client, permit, rate_limiter
    assert len(seen) < 50  # addresses were used again


def test_every_event_loop_has_its_own() -> None:
    client = Client()

    async def mine() -> RateLimiter:
        return rate_limiter_of(client, "m")

    assert anyio.run(mine) is not anyio.run(mine)


async def test_a_thousand_at_once_are_not_slowed() -> None:
    rate_limiter = RateLimiter()
    with anyio.fail_after(20):
        permits = await in_flight(rate_limiter, 1000)
    assert rate_limiter.in_flight == 1000
    leave(*permits)
    assert rate_limiter.in_flight == 0


async def test_leaving_gives_the_place_back_once_and_also_after_an_error() -> None:
    rate_limiter = RateLimiter()
    permit = await rate_limiter.admit("a", 10)

    def break_down() -> None:
        with permit:
            assert rate_limiter.in_flight == 1
            raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        break_down()
    permit.release()
    assert rate_limiter.in_flight == 0


async def test_a_refusal_halves_what_was_in_flight_but_once_for_all_that_were() -> None:
    rate_limiter = RateLimiter()
    permits = await in_flight(rate_limiter, 64)
    for permit in permits:
        permit.record_overload(None)
    assert rate_limiter.concurrency == 32
    leave(*permits[1:])
    again = await rate_limiter.admit("a", 10)
    again.record_overload(None)  # 2 are in flight, and it was admitted after the fall
    assert rate_limiter.concurrency == 1
    leave(permits[0], again)


async def test_what_counts_is_how_many_there_were_when_it_was_sent() -> None:
    rate_limiter = RateLimiter()
    permits = await in_flight(rate_limiter, 64)
    leave(*permits[:-1])
    permits[-1].record_overload(None)
    assert rate_limiter.concurrency == 32
    leave(permits[-1])


async def test_refusals_never_stop_everything() -> None:
    rate_limiter = RateLimiter()
    for _ in range(20):
        with await rate_limiter.admit("a", 10) as permit:
            permit.record_overload(None)
    assert rate_limiter.concurrency == 1


async def test_what_succeeds_makes_room_step_by_step_where_the_room_is_used() -> None:
    rate_limiter = await narrowed(8)
    for _ in range(50):
        with await rate_limiter.admit("a", 10) as permit:
            permit.record_success()
    assert rate_limiter.concurrency == 8  # one after another says nothing about eight at once
    permits = await in_flight(rate_limiter, 8)
    for permit in permits:
        permit.record_success()
    assert rate_limiter.concurrency == 11  # close to four more, since the step gets smaller as it grows
    leave(*permits)


async def test_what_was_on_its_way_before_a_fall_makes_no_room_after_it() -> None:
    rate_limiter = RateLimiter()
    permits = await in_flight(rate_limiter, 8)
    permits[0].record_overload(None)
    for permit in permits[1:]:
        permit.record_success()
    assert rate_limiter.concurrency == 4
    leave(*permits)


async def test_nothing_is_killed_in_flight_and_the_next_waits_until_there_is_room() -> None:
    rate_limiter = RateLimiter()
    permits = await in_flight(rate_limiter, 4)
    permits[0].record_overload(None)
    assert (rate_limiter.in_flight, rate_limiter.concurrency) == (4, 2)
    admitted: list[Permit] = []

    async def one_more() -> None:
        admitted.append(await rate_limiter.admit("a", 10))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(one_more)
        for permit in permits[:2]:
            leave(permit)
            await anyio.wait_all_tasks_blocked()
            assert (len(admitted), rate_limiter.waiting) == (0, 1)
        leave(permits[2])
    assert (len(admitted), rate_limiter.waiting, rate_limiter.in_flight) == (1, 0, 2)


async def test_senders_take_turns() -> None:
    rate_limiter = await narrowed(1)
    [first] = await in_flight(rate_limiter, 1)
    order: list[str] = []

    async def ask(sender: str, name: str) -> None:
        with await rate_limiter.admit(sender, 10):
            order.append(name)

    async with anyio.create_task_group() as tasks:
        for name in ("a1", "a2", "a3", "b1", "b2", "c1"):
            tasks.start_soon(ask, name[0], name)
            await anyio.wait_all_tasks_blocked()
        leave(first)
    assert order == ["a1", "b1", "c1", "a2", "b2", "a3"]


async def test_a_place_is_not_lost_with_whoever_is_cancelled_while_waiting_for_it() -> None:
    rate_limiter = await narrowed(1)
    [first] = await in_flight(rate_limiter, 1)
    order: list[str] = []

    async def ask(name: str, scope: anyio.CancelScope) -> None:
        with scope, await rate_limiter.admit("a", 10):
            order.append(name)

    scopes = {name: anyio.CancelScope() for name in "xyz"}
    async with anyio.create_task_group() as tasks:
        for name, scope in scopes.items():
            tasks.start_soon(ask, name, scope)
            await anyio.wait_all_tasks_blocked()
        scopes["x"].cancel()
        await anyio.wait_all_tasks_blocked()
        assert rate_limiter.waiting == 2
        leave(first)  # y is given the place, and cancelled before it knows
        scopes["y"].cancel()
    assert order in (["z"], ["y", "z"])  # on trio, what has happened goes before a cancellation
    assert (rate_limiter.in_flight, rate_limiter.waiting) == (0, 0)


def test_a_task_that_asyncio_cancels_just_as_it_is_admitted_leaves_its_place() -> None:
    async def scene() -> None:
        rate_limiter = await narrowed(1)
        [first] = await in_flight(rate_limiter, 1)
        task = asyncio.create_task(rate_limiter.admit("a", 10))
        await anyio.wait_all_tasks_blocked()
        leave(first)
        assert rate_limiter.in_flight == 1
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (rate_limiter.in_flight, rate_limiter.waiting) == (0, 0)

    anyio.run(scene)


async def test_whoever_is_cancelled_already_is_not_admitted() -> None:
    rate_limiter = RateLimiter()
    with anyio.CancelScope() as scope:
        scope.cancel()
        await rate_limiter.admit("a", 10)
    assert scope.cancelled_caught
    assert (rate_limiter.in_flight, rate_limiter.waiting) == (0, 0)


async def test_five_thousand_can_wait_and_be_cancelled() -> None:
    rate_limiter = await narrowed(1)
    [first] = await in_flight(rate_limiter, 1)
    done = 0
    leaving = anyio.CancelScope()

    async def ask(sender: str) -> None:
        nonlocal done
        with await rate_limiter.admit(sender, 10):
            done += 1

    async def leave_at_once() -> None:
        with leaving:
            async with anyio.create_task_group() as tasks:
                for n in range(2500):
                    tasks.start_soon(ask, str(n % 10))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(leave_at_once)
        for n in range(2500):
            tasks.start_soon(ask, str(n % 10))
        await anyio.wait_all_tasks_blocked()
        assert rate_limiter.waiting == 5000
        leaving.cancel()
        await anyio.wait_all_tasks_blocked()
        assert rate_limiter.waiting == 2500
        leave(first)
    assert (done, rate_limiter.in_flight, rate_limiter.waiting) == (2500, 0, 0)


async def test_a_fan_out_over_a_limit_gets_through_and_is_hardly_refused_again() -> None:
    """Sixty requests at once, of which ten may come now and fifty more each second."""
    quota = Quota(requests=3000, clock=lambda: 1_800_000_000 + anyio.current_time())
    for _ in range(2990):
        quota.take_request(0)
    transport = SimulatorTransport(Simulator(Script(lambda _: Reply.text("Yes.")), quota=quota))
    rate_limiter = RateLimiter()
    refused = 0

    async def ask(sender: str) -> None:
        nonlocal refused
        while True:
            with await rate_limiter.admit(sender, 10) as permit:
                response = await http.post("/v1/messages", json=body(), headers=HEADERS)
                permit.record_headers(response.headers)
                if response.status_code == 200:
                    return permit.record_success(1)
                refused += 1
                permit.record_overload(0.1)

    async with httpx2.AsyncClient(transport=transport, base_url="http://x") as http, anyio.create_task_group() as tasks:
        for n in range(60):
            tasks.start_soon(ask, str(n))
    assert refused <= 60  # fifty knew nothing yet; what came after waited for its turn
