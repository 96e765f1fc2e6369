"""A run that has ended `budget_exhausted` goes on under a larger budget; under any other, its end is as recorded."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentkit import Agent, Budget, Done, Journal, Outcome, RunResult, UsageError, tool
from agentkit.loop.durable.late_budgets import tightest
from agentkit.messages.message import JSONObject
from agentkit.testing import Reply, script

pytestmark = pytest.mark.anyio


@tool(effect="read")
async def price(item: str) -> float:
    """Look a price up."""
    return 4.0


clerk = Agent("clerk", model="claude-haiku-5-5", tools=[price])


def on(request: JSONObject) -> Reply:
    is_last = request.get("tool_choice", {}).get("type") == "none"
    return Reply.tool("price", item="tea") if len(request["messages"]) < 5 and not is_last else Reply.text("4 EUR")


async def asked(journal: Path, budget: Budget | None) -> tuple[RunResult[str], int]:
    with script(on) as played:
        result = await clerk.run("Tea?", journal=journal, run_id="r", budget=budget)
    return result, len(played.requests)


async def test_only_a_larger_budget_lets_a_run_go_on(tmp_path: Path) -> None:
    journal = tmp_path / "runs.db"
    first, requests = await asked(journal, Budget(max_requests=2))
    assert (first.outcome, first.output, requests) == (Outcome.BUDGET_EXHAUSTED, "4 EUR", 2)
    for same in (Budget(max_requests=2), None):  # a run keeps its budget
        again, requests = await asked(journal, same)
        assert (again.reason, requests) == (first.reason, 0)
    for other in (Budget(max_requests=1), Budget(max_requests=9, max_seconds=60)):
        again, requests = await asked(journal, other)
        assert (again.outcome, requests) == (Outcome.BUDGET_EXHAUSTED, 0)
        assert "came under the earlier Budget(max_requests=2)" in again.reason
    more, requests = await asked(journal, Budget(max_requests=20))
    assert (more.outcome, more.usage.requests, requests) == (Outcome.COMPLETED, 4, 2)  # the final turn was paid, too
    assert (await asked(journal, Budget(max_requests=50)))[1] == 0


async def test_again_asks_the_request_anew_that_the_budget_did_not_cover(tmp_path: Path) -> None:
    journal = tmp_path / "runs.db"
    await asked(journal, Budget(max_requests=2))
    with script(on):
        more = await clerk.resume("r", journal=journal, again=True, budget=Budget(max_requests=20))
    assert more.outcome is Outcome.COMPLETED
    with pytest.raises(UsageError, match="ended `completed`"):
        Journal(journal).reopen("r")


async def test_items_of_a_map_go_on_under_a_larger_budget_of_the_map(tmp_path: Path) -> None:
    sent: list[int] = []
    for budget in (Budget(max_requests=1), Budget(max_requests=1), Budget(max_requests=3), None):
        with script(lambda _: Reply.text("Read.")) as played:
            reader = Agent("reader", model="claude-haiku-5-5")
            items = ["a", "b", "c", "d"]
            done = await reader.map(items, concurrency=1, journal=tmp_path / "m.db", run_id="m", budget=budget)
        assert [len(one.result.messages) > 0 for one in done if one.result is not None]  # reading asks nothing
        sent.append(len(played.requests))
    assert sent == [1, 0, 2, 1]
    assert all(isinstance(one, Done) for one in done)


def test_budgets_allow_together_what_the_tightest_does() -> None:
    together = tightest([Budget(max_requests=3, max_seconds=5), Budget(max_requests=2), Budget(max_cost_usd=1)])
    assert together == Budget(max_requests=2, max_seconds=5, max_cost_usd=1)
    assert tightest([]) == Budget()
