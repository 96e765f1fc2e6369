"""Who has to wait for a budget waits in line, for calls on their way, and is never forgotten."""

from __future__ import annotations

import anyio
import pytest
from anyio import wait_all_tasks_blocked
from anyio.lowlevel import checkpoint

from agentkit.budget.budget import Amount
from agentkit.budget.run_budget import RunBudget
from tests.budget.accounts import CALL, ReservingRun, account, all_at_once, is_clean, need, reserve_call

pytestmark = pytest.mark.anyio


async def test_runs_that_start_together_share_what_there_is() -> None:
    one = account(max_output_tokens=100)
    runs = [ReservingRun(RunBudget((one,)), need(per_token=1)) for _ in range(10)]
    await all_at_once(runs)
    assert [run.got.max_tokens for run in runs if run.got] == [10] * 10


async def test_nobody_gets_less_than_makes_sense_to_share_with_others() -> None:
    one = account(max_output_tokens=100)
    runs = [ReservingRun(RunBudget((one,)), need(per_token=1), min_tokens=40) for _ in range(10)]
    await all_at_once(runs)
    assert sorted(run.got.max_tokens for run in runs if run.got) == [40, 40]
    assert not one.waiters


async def test_a_call_waits_for_those_on_their_way_and_is_refused_only_when_they_used_too_much() -> None:
    for used, fits in ((3, True), (8, False)):
        one = account(max_input_tokens=10)
        first, second = RunBudget((one,)), ReservingRun(RunBudget((one,)), need(prompt=5))
        reservation = await reserve_call(first, need(prompt=8))
        with anyio.fail_after(5):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(second.reserve)
                await wait_all_tasks_blocked()
                assert (second.got, second.refusal) == (None, None)
                reservation.settle(Amount(input_tokens=used))
        assert (second.got is not None, second.refusal is not None) == (fits, not fits)


async def test_who_waits_is_served_in_order_with_or_without_a_final_turn() -> None:
    one = account(max_requests=100, max_output_tokens=100)
    runs = [
        ReservingRun(RunBudget((one,)), need(per_token=1), own, min_tokens=100)
        for own in (None, CALL, None, CALL, None)
    ]
    reservation = await reserve_call(RunBudget((one,)), need(per_token=1), min_tokens=100)
    served: list[int] = []
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            for run in runs:
                tasks.start_soon(run.reserve)
                await wait_all_tasks_blocked()
            for _ in runs:
                reservation.settle(Amount(requests=1))
                await wait_all_tasks_blocked()
                [number] = [i for i, run in enumerate(runs) if run.got and i not in served]
                served.append(number)
                reservation = runs[number].got or reservation
    assert served == [0, 1, 2, 3, 4]


async def test_a_small_call_does_not_overtake_a_large_one_that_waits() -> None:
    one = account(max_input_tokens=10)
    reservation = await reserve_call(RunBudget((one,)), need(prompt=6))
    large, small = ReservingRun(RunBudget((one,)), need(prompt=9)), ReservingRun(RunBudget((one,)), need(prompt=1))
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            for run in (large, small):
                tasks.start_soon(run.reserve)
                await wait_all_tasks_blocked()
            assert small.got is None
            reservation.settle(Amount())
    assert large.got is not None
    assert small.got is not None


async def test_a_final_turn_never_waits_in_line_and_its_retry_does_not_either() -> None:
    one = account(max_input_tokens=100)
    run = RunBudget((one,))
    (await run.reserve(CALL, 1, 1, need(prompt=10))).settle(Amount())
    busy = await reserve_call(RunBudget((one,)), need(prompt=85))
    waiting = ReservingRun(RunBudget((one,)), need(prompt=50))
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(waiting.reserve)
            await wait_all_tasks_blocked()
            for prompt in (10, 3):
                (await reserve_call(run, need(prompt=prompt))).settle(Amount(input_tokens=1))
            assert waiting.got is None
            busy.settle(Amount())
    assert waiting.got is not None


async def test_a_run_that_ends_frees_what_it_had_set_aside_for_those_who_wait() -> None:
    one = account(max_input_tokens=100)
    first, second = RunBudget((one,)), RunBudget((one,))
    (await first.reserve(CALL, 1, 1, need(prompt=60))).settle(Amount())
    busy = await reserve_call(second, need(prompt=10))
    waiting = ReservingRun(RunBudget((one,)), need(prompt=40))
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(waiting.reserve)
            await wait_all_tasks_blocked()
            assert waiting.got is None
            first.close()
            await wait_all_tasks_blocked()
            assert waiting.got
            waiting.got.settle(Amount())
    busy.settle(Amount())
    for run_budget in (first, second, waiting.run_budget):
        run_budget.close()
    assert is_clean(one)


async def test_a_waiting_call_that_is_cancelled_leaves_its_place_to_the_next() -> None:
    one = account(max_input_tokens=10)
    reservation = await reserve_call(RunBudget((one,)), need(prompt=6))
    large, small = ReservingRun(RunBudget((one,)), need(prompt=9)), ReservingRun(RunBudget((one,)), need(prompt=1))
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            for run in (large, small):
                tasks.start_soon(run.reserve)
                await wait_all_tasks_blocked()
            large.scope.cancel()
    assert (large.got, len(one.waiters)) == (None, 0)
    assert small.got is not None
    reservation.settle(Amount())


@pytest.mark.parametrize("moment", range(4))
async def test_a_cancel_at_any_moment_takes_nothing_with_it(moment: int) -> None:
    one = account(max_requests=5)
    busy = await reserve_call(RunBudget((one,)), need(requests=5))
    run = ReservingRun(RunBudget((one,)))
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(run.reserve)
            for _ in range(moment):
                await checkpoint()
            busy.settle(Amount())  # and with it the one that waits is woken
            run.scope.cancel()
    assert len(one.in_flight) == (run.got is not None)
    assert not one.waiters
