"""What a budget has left: reserved before a call, settled after it, refused only for good."""

from __future__ import annotations

import pytest

from agentkit.budget.account import Account, OverBudget
from agentkit.budget.budget import Amount, Budget, Need
from agentkit.budget.run_budget import RunBudget
from tests.budget.accounts import CALL, account, is_clean, need, reserve_call

pytestmark = pytest.mark.anyio


async def test_without_a_budget_every_call_gets_what_it_wishes() -> None:
    reservation = await reserve_call(RunBudget(), wished=16_000)
    assert reservation.max_tokens == 16_000
    reservation.settle(Amount(output_tokens=10**9))


async def test_a_call_is_reserved_before_it_is_made_and_settled_after_it() -> None:
    one = account(max_output_tokens=150, max_requests=10)
    run_budget = RunBudget((one,))
    reservation = await reserve_call(run_budget, need(per_token=1))
    assert (one.reserved, len(one.in_flight), one.idle_runs) == (Amount(output_tokens=100, requests=1), 1, 0)
    reservation.settle(Amount(output_tokens=30, requests=1))
    assert (one.spent, len(one.in_flight), one.idle_runs) == (Amount(output_tokens=30, requests=1), 0, 1)
    run_budget.close()
    assert is_clean(one)


async def test_a_call_gets_less_room_before_it_has_to_wait() -> None:
    run_budget = RunBudget((account(max_output_tokens=40),))
    assert (await reserve_call(run_budget, need(per_token=1), min_tokens=8)).max_tokens == 40


async def test_a_refusal_names_the_budget_and_what_is_gone_and_leaves_everything_as_it_was() -> None:
    one = Account(Budget(max_requests=2), "the agent 'reader'")
    run_budget = RunBudget((one,))
    (await reserve_call(run_budget)).settle(Amount(requests=1))
    with pytest.raises(OverBudget, match=r"the agent 'reader' does.*max_requests=2: 1 request spent") as refusal:
        await reserve_call(run_budget, need(requests=2))
    assert (refusal.value.account, one.is_exhausted) == (one, False)  # it is exhausted when the call is given up
    assert (await reserve_call(run_budget)).amount == Amount(requests=1)


async def test_a_refusal_says_whether_a_shorter_prompt_would_help() -> None:
    cases = [
        (Budget(max_input_tokens=3), need(prompt=5), True),
        (Budget(max_cost_usd=1), Need(Amount(cost_usd=2)), True),
        (Budget(max_cost_usd=0), Need(Amount(cost_usd=2)), False),
        (Budget(max_cost_usd=1), Need(Amount(cost_usd=2), usd_per_token=1), False),
        (Budget(max_input_tokens=-1), need(prompt=5), False),
        (Budget(max_requests=1, max_input_tokens=3), need(requests=2, prompt=5), False),
        (Budget(max_output_tokens=3), need(per_token=1), False),
    ]
    for budget, call, helps in cases:
        with pytest.raises(OverBudget) as refusal:
            await reserve_call(RunBudget((account(budget),)), call, min_tokens=4)
        assert refusal.value.is_about_prompt is helps


async def test_a_call_has_to_fit_into_every_budget_above_it_and_takes_from_all_or_none() -> None:
    outer, inner = account(max_requests=10), account(max_requests=1)
    run_budget = RunBudget((outer, inner))
    (await reserve_call(run_budget)).settle(Amount(requests=1))
    with pytest.raises(OverBudget, match="max_requests=1"):
        await reserve_call(run_budget)
    assert (outer.spent, outer.reserved, inner.spent) == (Amount(requests=1), Amount(), Amount(requests=1))


async def test_the_final_turn_is_reserved_and_others_do_not_get_it() -> None:
    one = account(max_requests=3)
    run, other = RunBudget((one,)), RunBudget((one,))
    (await run.reserve(CALL, 1, 1, CALL)).settle(Amount(requests=1))
    assert one.final_turn_reserve == CALL.fixed
    (await reserve_call(other)).settle(Amount(requests=1))
    with pytest.raises(OverBudget):
        await reserve_call(other)
    final_turn = await reserve_call(run)
    final_turn.settle(Amount(requests=1))
    assert (one.spent.requests, one.final_turn_reserve) == (3, Amount())


async def test_a_call_that_would_leave_nothing_for_the_final_turn_is_refused_and_that_turn_is_made() -> None:
    one = account(max_requests=2)
    run = RunBudget((one,))
    (await run.reserve(CALL, 1, 1, CALL)).settle(Amount(requests=1))
    with pytest.raises(OverBudget):
        await run.reserve(CALL, 1, 1, CALL)
    (await reserve_call(run)).settle(Amount(requests=1))
    assert one.spent.requests == 2


async def test_what_is_set_aside_follows_the_reply_not_what_it_could_have_been() -> None:
    one = account(max_input_tokens=1_000)
    final_turn = Need(Amount(input_tokens=10), input_per_token=1)
    run_budget = RunBudget((one,))
    reservation = await run_budget.reserve(CALL, 100, 1, final_turn)
    assert one.reserved.input_tokens + one.final_turn_reserve.input_tokens == 110
    reservation.settle(Amount(output_tokens=7, requests=1))
    assert one.final_turn_reserve.input_tokens == 17
    reservation = await run_budget.reserve(CALL, 100, 1, final_turn)
    reservation.settle(Amount(output_tokens=5_000, requests=1))  # a server that does not keep to the limit
    assert one.final_turn_reserve.input_tokens == 110
    run_budget.close()
    assert one.final_turn_reserve == Amount()


async def test_a_call_that_is_left_behind_by_its_run_keeps_nothing_from_others() -> None:
    one = account(max_requests=9)
    run = RunBudget((one,))
    early = await run.reserve(CALL, 1, 1, CALL)
    run.close()
    late = await run.reserve(CALL, 1, 1, CALL)
    assert (one.final_turn_reserve, one.idle_runs) == (Amount(), 0)
    for reservation in (early, late):
        reservation.settle(Amount(requests=1))
    assert is_clean(one)
    assert one.spent.requests == 2


async def test_time_is_told_by_the_clock_of_the_budget_and_lands_before_it_is_over() -> None:
    now = 100.0
    one = Account(Budget(max_seconds=50), "the run", clock=lambda: now)
    run_budget, fast = RunBudget((one, account(max_requests=1))), RunBudget((one,))
    assert (one.seconds_left, run_budget.seconds_left, RunBudget().seconds_left) == (50, 50, None)
    now += 40
    for seconds, is_short in ((2, False), (8, True), (1, True)):
        run_budget.record_call_time(seconds)
        assert run_budget.is_time_short is is_short
    assert not fast.is_time_short
    now += 6
    assert fast.is_time_short
    assert not run_budget.is_time_over
    now += 4
    assert run_budget.is_time_over
