"""What cannot work is refused before anything is sent, a budget leaves threads out, and the worst case is a bound."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agentkit import Budget, BudgetExceeded, RunContext, Settings, UsageError, tool
from agentkit.messages.message import JSONObject
from agentkit.patterns import FunnelOptions, funnel, plan_funnel
from agentkit.patterns.reading.evidence import default_reader, default_writer
from agentkit.testing import Reply, script
from benchmarks.planted_mail import GOAL, ScriptedModels
from tests.patterns.profile.test_funnel import FACTS, Facts, planted

pytestmark = pytest.mark.anyio


async def test_a_call_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    async with planted(tmp_path, FACTS[:2], 0) as index:
        with script(ScriptedModels(FACTS)) as played:
            with pytest.raises(BudgetExceeded, match=r"funnel\(budget=.*one thread.*may cost .*upper figures"):
                await funnel(index, GOAL, budget=Budget(max_cost_usd=0.0001))
            wrong: list[tuple[str, dict[str, Any]]] = [
                ("needs a goal", {"goal": " "}),
                ("outline=.*pydantic model", {"outline": dict}),
                ("takes a list of queries", {"queries": "tea"}),
                ("list of texts, and one of them is None", {"queries": ["tea", None]}),
                ("one of them is b'x'", {"queries": [b"x"]}),
                ("most_threads=0", {"most_threads": 0}),
                (r"reader=.*Agent", {"reader": "claude"}),
                ("most_treads", {"most_treads": 3}),
            ]
            for match, options in wrong:
                given: dict[str, Any] = {"goal": GOAL, **options}
                with pytest.raises(UsageError, match=match):
                    await funnel(index, **given)
        assert played.requests == []


async def test_a_budget_leaves_the_least_relevant_threads_out_and_names_them(tmp_path: Path) -> None:
    """What the first threads cost less than their upper price is spent on more of them."""
    queries = ["person:anna", "berg1"]
    async with planted(tmp_path) as index:
        whole = await plan_funnel(index, GOAL, outline=Facts, queries=queries)
        least = (await plan_funnel(index, GOAL, outline=Facts, queries=queries, most_threads=1)).max_cost_usd or 0.0
        both = {f"thread {thread.id}" for thread in await index.find_threads("person:anna berg1")}
        for share, left_out in ((0.1, 7), (0.3, 0)):
            limit = least + share * ((whole.max_cost_usd or 0.0) - least)
            budget = Budget(max_cost_usd=limit)
            options: FunnelOptions = {"queries": queries, "budget": budget, "concurrency": 2}
            plan = await plan_funnel(index, GOAL, outline=Facts, **options)
            with script(models := ScriptedModels(FACTS)):
                result = await funnel(index, GOAL, outline=Facts, **options)
            stages = {stage.name: stage for stage in result.stages}
            unread = {gap.document for gap in result.gaps}
            assert result.plan == plan
            assert 0 < len(plan.left_out) < whole.documents
            assert unread < {f"thread {one}" for one in plan.left_out}
            read = [stage for stage, _ in models.requests].count("filter")
            assert stages["filter"].in_ == read == result.actual.documents == whole.documents - len(unread)
            assert sum(stage.cost.usd or 0 for stage in result.stages) == pytest.approx(result.cost.usd)
            assert (result.cost.usd or 1) < limit
            assert result.ok == (not unread)
            assert not unread or "are missing" in result.reason
            assert len(unread) == left_out
            assert not both & unread, "threads that both queries find are read first"


async def test_no_replies_cost_more_than_the_worst_case_whatever_the_agents_are(tmp_path: Path) -> None:
    @tool(effect="read")
    def look_up(word: str) -> str:
        """Look up a word."""
        return word

    def instructions(ctx: RunContext) -> str:
        return "Read."

    def reply(request: JSONObject) -> Reply:
        names, said = [*request["output_config"]["format"]["schema"]["properties"]], str(request["messages"])
        if names == ["queries"]:
            return Reply.output({"queries": ["person:anna", f"word{said.count('Write')}", "x " * 190, "(" * 190]})
        if names[0] == "relevant":
            return Reply.output({"relevant": True, "relevance": 1})
        if names == ["evidence"]:
            found = [fact.sentence for fact in FACTS if fact.sentence in said]
            return Reply.output({"evidence": [{"claim": "c" * 500, "quote": one, "document": ""} for one in found]})
        if names == ["numbers"]:
            return Reply.output({"numbers": [*range(1, 120)]})
        return Reply.output(
            {names[0]: ["It is so, and has always been so, as is said [1]."] * 30, "evidence_numbers": []}
        )

    settings, long = Settings(max_tokens=600), "Read each word of it. " * 1_000
    reader = replace(default_reader, settings=settings, instructions=long, tools=[look_up])
    writer = replace(default_writer, settings=settings)
    options: FunnelOptions = {"evidence_tokens": 300}
    async with planted(tmp_path) as index:
        with script(reply):
            result = await funnel(index, GOAL, outline=Facts, reader=reader, writer=writer, **options)
            sampled = await plan_funnel(index, GOAL, outline=Facts, writer=writer, sample=4)
        bounded = await plan_funnel(index, GOAL, outline=Facts, budget=Budget(max_cost_usd=2))
        of_a_function = await plan_funnel(index, GOAL, reader=replace(reader, instructions=instructions))
    stages = {stage.name: stage for stage in result.stages}
    assert (result.ok, stages["reduction"].in_ > stages["reduction"].out) == (True, True)
    assert result.cost.usd is not None
    assert result.plan.max_cost_usd is not None
    assert result.plan.worst_case_usd is not None
    assert result.cost.usd < result.plan.max_cost_usd < result.plan.worst_case_usd
    assert result.plan.input_tokens > 2 * 20 * 5_000, "long instructions count"
    assert sampled.max_cost_usd is not None
    assert sampled.max_cost_usd < (sampled.worst_case_usd or 0)
    assert (bounded.worst_case_usd, of_a_function.worst_case_usd) == (2, None)
