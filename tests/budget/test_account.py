"""What a budget has left: reserved before a call, settled after it, refused only for good."""

from __future__ import annotations

import pytest

from agentkit.budget.account import Account, OverBudget, Purse
from agentkit.budget.budget import Amount, Budget, Need
from tests.accounts import CALL, account, is_clean, need, taken

pytestmark = pytest.mark.anyio


async def test_without_a_budget_every_call_gets_what_it_wishes() -> None:
    reservation = await taken(Purse(), wished=16_000)
    assert reservation.max_tokens == 16_000
    reservation.settle(Amount(output_tokens=10**9))


async def test_a_call_is_reserved_before_it_is_made_and_settled_after_it() -> None:
    one = account(max_output_tokens=150, max_requests=10)
    purse = Purse((one,))
    reservation = await taken(purse, need(per_token=1))
    assert (one.reserved, one.in_flight, one.idle) == (Amount(output_tokens=100, requests=1), 1, 0)
    reservation.settle(Amount(output_tokens=30, requests=1))
    assert (one.spent, one.in_flight, one.idle) == (Amount(output_tokens=30, requests=1), 0, 1)
    purse.close()
    assert is_clean(one)


async def test_a_call_gets_less_room_before_it_has_to_wait() -> None:
    purse = Purse((account(max_output_tokens=40),))
    assert (await taken(purse, need(per_token=1), least=8)).max_tokens == 40


async def test_a_refusal_names_the_budget_and_what_is_gone_and_leaves_everything_as_it_was() -> None:
    one = Account(Budget(max_requests=2), "the agent 'reader'")
    purse = Purse((one,))
    (await taken(purse)).settle(Amount(requests=1))
    with pytest.raises(OverBudget, match=r"the agent 'reader', Budget\(max_requests=2\).*1 requests spent") as refusal:
        await taken(purse, need(requests=2))
    assert (refusal.value.account, one.is_exhausted) == (one, False)  # it is exhausted when the call is given up
    assert (await taken(purse)).amount == Amount(requests=1)


async def test_a_refusal_says_whether_a_shorter_prompt_would_help() -> None:
    cases = [
        (Budget(max_input_tokens=3), need(prompt=5), True),
        (Budget(max_cost_usd=1), Need(Amount(cost_usd=2)), True),
        (Budget(max_requests=1, max_input_tokens=3), need(requests=2, prompt=5), False),
        (Budget(max_output_tokens=3), need(per_token=1), False),
    ]
    for budget, call, helps in cases:
        with pytest.raises(OverBudget) as refusal:
            await taken(Purse((account(budget),)), call, least=4)
        assert refusal.value.is_about_prompt is helps


async def test_a_call_has_to_fit_into_every_budget_above_it_and_takes_from_all_or_none() -> None:
    outer, inner = account(max_requests=10), account(max_requests=1)
    purse = Purse((outer, inner))
    (await taken(purse)).settle(Amount(requests=1))
    with pytest.raises(OverBudget, match="max_requests=1"):
        await taken(purse)
    assert (outer.spent, outer.reserved, inner.spent) == (Amount(requests=1), Amount(), Amount(requests=1))


async def test_the_landing_is_set_aside_and_others_do_not_get_it() -> None:
    one = account(max_requests=3)
    run, other = Purse((one,)), Purse((one,))
    (await run.reserve(CALL, 1, 1, CALL)).settle(Amount(requests=1))
    assert one.set_aside == CALL.fixed
    (await taken(other)).settle(Amount(requests=1))
    with pytest.raises(OverBudget):
        await taken(other)
    landing = await taken(run)
    landing.settle(Amount(requests=1))
    assert (one.spent.requests, one.set_aside) == (3, Amount())


async def test_a_call_that_would_leave_nothing_for_the_landing_is_refused_and_the_landing_is_made() -> None:
    one = account(max_requests=2)
    run = Purse((one,))
    (await run.reserve(CALL, 1, 1, CALL)).settle(Amount(requests=1))
    with pytest.raises(OverBudget):
        await run.reserve(CALL, 1, 1, CALL)
    (await taken(run)).settle(Amount(requests=1))
    assert one.spent.requests == 2


async def test_what_is_set_aside_follows_the_reply_not_what_it_could_have_been() -> None:
    one = account(max_input_tokens=1_000)
    landing = Need(Amount(input_tokens=10), Amount(input_tokens=1))
    purse = Purse((one,))
    reservation = await purse.reserve(CALL, 100, 1, landing)
    assert one.reserved.input_tokens + one.set_aside.input_tokens == 110
    reservation.settle(Amount(output_tokens=7, requests=1))
    assert one.set_aside.input_tokens == 17
    reservation = await purse.reserve(CALL, 100, 1, landing)
    reservation.settle(Amount(output_tokens=5_000, requests=1))  # a server that does not keep to the limit
    assert one.set_aside.input_tokens == 110
    purse.close()
    assert one.set_aside == Amount()


async def test_time_is_told_by_the_clock_of_the_budget_and_lands_before_it_is_over() -> None:
    now = 100.0
    one = Account(Budget(max_seconds=50), "the run", clock=lambda: now)
    purse = Purse((one, account(max_requests=1)))
    assert (one.seconds_left, purse.seconds_left, Purse().seconds_left) == (50, 50, None)
    now += 40
    assert not purse.is_time_short(longest_s=2)
    assert purse.is_time_short(longest_s=8)
    now += 6
    assert purse.is_time_short(longest_s=0)
    assert not purse.is_time_over
    now += 4
    assert purse.is_time_over
