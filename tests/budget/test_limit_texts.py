"""The sentence on a limit names the limited measures, and for each the limit, what is spent, and what is needed."""

from __future__ import annotations

from agentkit import Budget
from agentkit.budget.budget import Amount
from agentkit.budget.limit_texts import limits_text, time_text


def test_only_what_is_limited_is_named_with_three_numbers() -> None:
    spent, needed = Amount(0.000_02, 10, 20, 1), Amount(0.25, 1_000, 1_024, 1)
    assert limits_text(Budget(max_cost_usd=0.5), spent, Amount(), needed) == (
        "max_cost_usd=0.5: $0.00002 spent, up to $0.2500 needed next"
    )
    assert limits_text(Budget(max_requests=1, max_output_tokens=1_000), spent, Amount(requests=2), needed) == (
        "max_output_tokens=1000: 20 output tokens spent, up to 1,024 output tokens needed next; "
        "max_requests=1: 1 request spent, 2 requests kept for other calls, up to 1 request needed next"
    )


def test_time_has_what_has_passed_and_what_a_call_took() -> None:
    assert time_text(Budget(max_seconds=10), 1.5, 2) == "max_seconds=10, 8.5 s have passed, and a call took up to 2.0 s"
    assert time_text(Budget(max_seconds=0), 0, 0) == "max_seconds=0, 0.0 s have passed"
