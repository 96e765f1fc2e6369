"""The account of one budget: what is left of it, whoever reserves, settles and keeps a part for a final turn."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agentkit.budget.budget import NO_AMOUNT, Amount, Budget
from agentkit.budget.run_budget import Reservation, RunBudget
from tests.budget.accounts import account

amounts = st.builds(
    Amount, st.integers(0, 99), st.integers(0, 9_999), st.integers(0, 999), st.integers(0, 9)
)  # whole numbers, so that sums are exact


def test_what_is_available_is_neither_spent_nor_reserved_nor_kept_by_others() -> None:
    one = account(Budget(max_requests=10, max_input_tokens=100))
    one.continue_from(Amount(requests=1, input_tokens=10))
    one.add_call(Reservation(RunBudget(), NO_AMOUNT, 1), Amount(requests=2, input_tokens=20))
    one.update_run(NO_AMOUNT, Amount(requests=3, input_tokens=30), 0)
    left = one.available()
    assert (left.requests, left.input_tokens, left.cost_usd) == (4, 40, float("inf"))
    assert one.available(kept=Amount(requests=3, input_tokens=30)).requests == 7


@given(st.lists(st.tuples(amounts, amounts), min_size=1, max_size=6))
def test_calls_leave_nothing_reserved_and_what_they_used(calls: list[tuple[Amount, Amount]]) -> None:
    one = account()
    reservations = [Reservation(RunBudget(), reserved, 1) for reserved, _ in calls]
    for reservation in reservations:
        one.add_call(reservation, reservation.amount)
    assert one.reserved == sum((reserved for reserved, _ in calls), NO_AMOUNT)
    for reservation, (reserved, used) in zip(reservations, calls, strict=True):
        one.settle_call(reservation, reserved, used)
    assert (one.reserved, one.spent) == (NO_AMOUNT, sum((used for _, used in calls), NO_AMOUNT))


@given(
    st.lists(amounts, min_size=1, max_size=3), st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), max_size=12)
)
def test_the_reserve_is_the_sum_of_what_the_runs_keep(known: list[Amount], changes: list[tuple[int, int]]) -> None:
    """Also where runs keep the same amount, the very same object."""
    one, kept = account(), [NO_AMOUNT] * 4
    for run, place in changes:
        amount = known[place % len(known)]
        one.update_run(kept[run], amount, 0)
        kept[run] = amount
        assert one.final_turn_reserve == sum(kept, NO_AMOUNT)
