"""What cannot work is refused before anything is sent, and a budget leaves the least relevant threads out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agentkit import Budget, BudgetExceeded, UsageError
from agentkit.patterns import FunnelOptions, funnel, plan_funnel
from agentkit.testing import script
from benchmarks.planted_mail import GOAL, ScriptedModels
from tests.patterns.profile.test_funnel import FACTS, Facts, planted

pytestmark = pytest.mark.anyio


async def test_a_call_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    async with planted(tmp_path, FACTS[:2], 0) as index:
        with script(ScriptedModels(FACTS)) as played:
            with pytest.raises(BudgetExceeded, match=r"funnel\(budget=.*one thread"):
                await funnel(index, GOAL, budget=Budget(max_cost_usd=0.0001))
            wrong: list[tuple[str, dict[str, Any]]] = [
                ("needs a goal", {"goal": " "}),
                ("outline=.*pydantic model", {"outline": dict}),
                ("takes a list of queries", {"queries": "tea"}),
                ("most_threads=0", {"most_threads": 0}),
                (r"reader=.*Agent", {"reader": "claude"}),
                ("most_treads", {"most_treads": 3}),
            ]
            for match, options in wrong:
                with pytest.raises(UsageError, match=match):
                    await funnel(index, **{"goal": GOAL, **options})
        assert played.requests == []


async def test_a_budget_leaves_the_least_relevant_threads_out_and_names_them(tmp_path: Path) -> None:
    async with planted(tmp_path) as index:
        whole = await plan_funnel(index, GOAL, outline=Facts, queries=["person:anna", "berg1"])
        fee = (whole.max_cost_usd or 0) * 0.97
        options: FunnelOptions = {"queries": ["person:anna", "berg1"], "budget": Budget(max_cost_usd=fee)}
        plan = await plan_funnel(index, GOAL, outline=Facts, **options)
        with script(ScriptedModels(FACTS)):
            result = await funnel(index, GOAL, outline=Facts, **options)
        both = {thread.id for thread in await index.find_threads("person:anna berg1")}
    assert result.plan == plan
    assert 0 < len(plan.left_out) < 20
    assert {gap.document for gap in result.gaps} == {f"thread {one}" for one in plan.left_out}
    assert not both & {*plan.left_out}, "threads that both queries find are read first"
    assert not result.ok
    assert "are missing" in result.reason
    assert result.cost.usd is not None
    assert result.cost.usd < fee
