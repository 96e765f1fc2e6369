"""The texts of limits that are reached: for each limited measure the limit, what is spent, and what is needed next."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from agentkit.budget.budget import Amount, Budget, limit_text
from agentkit.budget.usage import usd_text


def _count_text(unit: str) -> Callable[[float], str]:
    return lambda count: f"{count:,.0f} {unit if count == 1 else f'{unit}s'}"


_MEASURES: Mapping[str, tuple[str, Callable[[float], str]]] = {
    "max_cost_usd": ("cost_usd", usd_text),
    "max_input_tokens": ("input_tokens", _count_text("input token")),
    "max_output_tokens": ("output_tokens", _count_text("output token")),
    "max_requests": ("requests", _count_text("request")),
}
"""For each limit but that of time the amount that it limits, and how that is written."""


def limits_text(budget: Budget, spent: Amount, set_aside: Amount, needed: Amount) -> str:
    """Return the limited measures of a budget with what is spent, set aside, and needed for the next call, if known."""
    texts: list[str] = []
    for name, (measure, write) in _MEASURES.items():
        limit: float | None = getattr(budget, name)
        if limit is None:
            continue
        amount, aside = getattr(spent, measure), max(0.0, getattr(set_aside, measure))
        kept = f", {write(aside)} kept for other calls" if aside > 1e-9 else ""
        needs = f"up to {write(getattr(needed, measure))} needed next"
        texts.append(f"{name}={limit_text(limit)}: {write(amount)} spent{kept}, {needs}")
    return "; ".join(texts)


def time_text(budget: Budget, seconds_left: float, longest_call_s: float) -> str:
    """Return the time limit of a budget with the seconds that have passed, and those that a call took so far."""
    limit = budget.max_seconds if budget.max_seconds is not None else math.inf
    took = f", and a call took up to {longest_call_s:.1f} s" if longest_call_s else ""
    return f"max_seconds={limit_text(limit)}, {max(0.0, limit - seconds_left):.1f} s have passed{took}"


def blocked_text(owner: str, budget: Budget) -> str:
    """Return the sentence on a budget that calls in another event loop have reserved, where nothing goes on."""
    return (
        f"The budget of {owner}, {budget}, covers another call only when calls in another event loop have ended, and "
        "that loop does not answer: code blocks it, perhaps an async tool that waits for this thread "
        "(`thread.join()`, `future.result()`). Make that tool a sync function, or await the thread."
    )
