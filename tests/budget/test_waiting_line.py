"""Runs in several event loops share an account: nobody is forgotten, and every sum is right."""

from __future__ import annotations

import random
import threading
from collections.abc import Awaitable, Callable
from functools import partial

import anyio
import anyio.lowlevel
import anyio.to_thread
import pytest

from agentkit.budget.account import Account, OverBudget
from agentkit.budget.budget import Amount
from agentkit.budget.run_budget import RunBudget
from agentkit.budget.waiting_line import WaitingLine
from agentkit.event_loop import EventLoop
from tests.budget.accounts import ReservingRun, account, is_clean, need, reserve_call
from tests.other_loop import in_other_loop

THREADS, CALLS = 8, 40


def in_threads(backends: list[str], main: Callable[[int], Awaitable[None]]) -> None:
    """Run `main` in as many threads, each with an event loop of its own, until all have ended."""

    async def numbered(number: int) -> None:
        try:
            with anyio.fail_after(30):
                await main(number)
        except BaseException as error:  # noqa: BLE001 - raised below
            errors.append(error)

    errors: list[BaseException] = []
    threads = [
        threading.Thread(target=partial(anyio.run, numbered, n, backend=backend)) for n, backend in enumerate(backends)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(40)
    for error in errors:
        raise error
    assert not any(thread.is_alive() for thread in threads)


def test_calls_of_many_event_loops_wait_for_one_another_and_the_sums_are_right() -> None:
    outer, inner = (
        account(max_requests=1_000, max_output_tokens=10**9),
        account(max_output_tokens=10**9, max_requests=1_000),
    )
    narrow = account(max_requests=10_000, max_input_tokens=10**9, max_output_tokens=10**9)
    used = [0] * THREADS
    most_in_flight: list[int] = []

    async def run(number: int) -> None:
        chance = random.Random(number)
        run_budget = RunBudget((outer, narrow) if number % 2 else (outer, inner, narrow))
        for _ in range(CALLS):
            reservation = await run_budget.reserve(need(prompt=3 * 10**8), 1, 1, None)  # three fit at a time
            most_in_flight.append(len(narrow.in_flight))
            await anyio.sleep(chance.random() / 1_000)
            tokens = chance.randrange(100)
            used[number] += tokens
            reservation.settle(Amount(input_tokens=1, output_tokens=tokens, requests=1))
        run_budget.close()

    in_threads(["asyncio", "trio"] * (THREADS // 2), run)
    assert narrow.spent == Amount(input_tokens=THREADS * CALLS, output_tokens=sum(used), requests=THREADS * CALLS)
    assert (outer.spent, max(most_in_flight) <= 3) == (narrow.spent, True)
    assert inner.spent.requests == THREADS * CALLS / 2
    assert is_clean(outer, inner, narrow)


def test_what_is_not_there_is_refused_in_every_event_loop_and_never_overspent() -> None:
    one = account(max_requests=10)
    refused: list[int] = []

    async def run(number: int) -> None:
        run_budget = RunBudget((one,))
        for _ in range(5):
            try:
                reservation = await reserve_call(run_budget)
            except OverBudget:
                refused.append(number)
            else:
                await anyio.lowlevel.checkpoint()
                reservation.settle(Amount(requests=1))
        run_budget.close()

    in_threads(["trio", "asyncio"] * (THREADS // 2), run)
    assert (one.spent.requests, len(refused)) == (10, THREADS * 5 - 10)
    assert is_clean(one)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_waiter_whose_event_loop_has_ended_holds_up_nobody(backend: str) -> None:
    line, woken = WaitingLine(()), list[str]()

    async def join() -> None:
        line.join(is_first=False)

    async def main() -> None:
        await anyio.to_thread.run_sync(lambda: threading.Thread(target=lambda: anyio.run(join)).start())
        while not line:
            await anyio.sleep(0.01)
        await anyio.sleep(0.1)  # its loop ends
        waiter = line.join(is_first=False)
        line.wake_next()
        with anyio.fail_after(10):
            await waiter.turn.wait()
        waiter.leave()
        woken.append("woken")

    anyio.run(main, backend=backend)
    assert (woken, len(line)) == (["woken"], 0)


async def overtake_then_be_refused(one: Account, refusals: list[str]) -> None:
    run = RunBudget((one,), EventLoop.current())
    (await reserve_call(run, need(requests=1))).settle(Amount(requests=1))
    try:
        await reserve_call(run, need(requests=3))
    except OverBudget as error:
        refusals.append(str(error))
    run.close()


async def block_until_others_are_done(one: Account, refusals: list[str], other: str) -> None:
    """Reserve a part, let a second call wait for more than there is, and block the event loop until a thread ends."""
    first, second = (RunBudget((one,), EventLoop.current()) for _ in range(2))
    reservation = await reserve_call(first, need(requests=2))
    waiting = ReservingRun(second, need(requests=3))
    thread = threading.Thread(
        target=lambda: anyio.run(overtake_then_be_refused, one, refusals, backend=other), daemon=True
    )
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(waiting.reserve)
        await anyio.wait_all_tasks_blocked()
        thread.start()
        thread.join(30)
        reservation.settle(Amount())
    assert waiting.got is not None
    waiting.got.settle(Amount())
    second.close()
    first.close()
    assert not thread.is_alive()


@pytest.mark.usefixtures("soon_blocked")
@pytest.mark.parametrize(("backend", "other"), [("asyncio", "trio"), ("trio", "asyncio")])
def test_nobody_waits_for_ever_for_calls_and_waiters_of_an_event_loop_that_is_blocked(backend: str, other: str) -> None:
    one, refusals = account(max_requests=4), list[str]()
    anyio.run(block_until_others_are_done, one, refusals, other, backend=backend)
    (refusal,) = refusals
    assert "that loop does not answer: code blocks it" in refusal
    assert "future.result()" in refusal
    assert (one.spent.requests, is_clean(one)) == (1, True)


def test_a_slow_call_of_an_event_loop_that_answers_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agentkit.budget.waiting_line.BLOCKED_AFTER_S", 0.5)
    one = account(max_requests=4)

    async def in_thread() -> None:
        run = RunBudget((one,), EventLoop.current())
        (await reserve_call(run, need(requests=2))).settle(Amount(requests=2))
        run.close()

    async def main() -> None:
        run = RunBudget((one,), EventLoop.current())
        reservation = await reserve_call(run, need(requests=3 - int(one.spent.requests)))
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(in_other_loop, in_thread)
            await anyio.sleep(0.6)
            reservation.settle(Amount())
        run.close()

    for backend in ("asyncio", "trio"):
        anyio.run(main, backend=backend)
    assert (one.spent.requests, is_clean(one)) == (4, True)
