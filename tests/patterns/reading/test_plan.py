"""The worst case of a plan holds whatever the agents answer; its highest price is an estimate."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agentkit import Budget, Document, Price, Settings, tool
from agentkit.messages.message import JSONObject
from agentkit.patterns import Evidence, Findings, ReadOptions, plan_reading, read_many
from agentkit.patterns.reading.evidence import default_reader, default_writer
from agentkit.testing import Reply, script
from tests.patterns.reading.scripted_readers import is_reader

pytestmark = pytest.mark.anyio

DOCUMENTS = [Document(f"d{number}", f"Paid are {number} EUR, at once. " * 40) for number in range(6)]
SHORT = Settings(max_tokens=600)


async def test_no_replies_cost_more_than_the_worst_case() -> None:
    def reply(request: JSONObject) -> Reply:
        if is_reader(request):
            quotes = [" ".join(["at once.", f"Paid are {number} EUR,", "at once."]) for number in range(6)]
            return Reply.output(Findings([Evidence(f"{one} {one}", one, f"d{one[18]}", 1) for one in quotes]))
        if "Choose at most" in str(request["messages"]):
            return Reply.output({"numbers": list(range(1, 100))})
        return Reply.text("It is all paid at once, that is what is said [1]. " * 30)

    reader, writer = replace(default_reader, settings=SHORT), replace(default_writer, settings=SHORT)
    options: ReadOptions = {"pack_tokens": 500, "evidence_tokens": 300}
    with script(reply) as played:
        result = await read_many(DOCUMENTS, "What is paid?", reader=reader, writer=writer, **options)
    assert result.ok
    assert len(played.requests) > result.plan.calls  # evidence was put together
    assert result.cost.usd is not None
    assert result.plan.max_cost_usd is not None
    assert result.plan.worst_case_usd is not None
    assert result.cost.usd < result.plan.worst_case_usd
    assert result.plan.max_cost_usd < result.plan.worst_case_usd
    assert "(at most $" in str(result.plan)


async def test_a_budget_is_the_worst_case_and_who_has_tools_has_none() -> None:
    @tool(effect="read")
    def look_up(word: str) -> str:
        """Look up a word."""
        return word

    budget = Budget(max_cost_usd=0.3)
    assert (await plan_reading(DOCUMENTS, "What is paid?", budget=budget)).worst_case_usd == 0.3
    with_tools = replace(default_reader, tools=[look_up])
    assert (await plan_reading(DOCUMENTS, "What is paid?", reader=with_tools)).worst_case_usd is None
    assert (await plan_reading(DOCUMENTS, "What?", reader=with_tools, budget=budget)).worst_case_usd == 0.3
    of_a_function = replace(default_reader, instructions=lambda ctx: "Read.")
    assert (await plan_reading(DOCUMENTS, "What is paid?", reader=of_a_function)).worst_case_usd is None


async def test_long_instructions_count_and_a_thousand_gaps_do_not() -> None:
    reader = replace(default_reader, instructions="Read each of them. " * 5_000)
    with script(lambda request: Reply.output(Findings()) if is_reader(request) else Reply.text("No.")) as played:
        plan = await plan_reading(DOCUMENTS[:1], "What is paid?", reader=reader)
        result = await read_many([DOCUMENTS[0], *map("none/{}.txt".format, range(1_000))], "What is paid?")
    assert plan.input_tokens > 20_000
    assert len(result.gaps) == 1_000
    assert "and 900 more" in str(played.requests[-1]["messages"])
    assert result.actual.input_tokens < result.plan.input_tokens + 3_000


async def test_one_that_is_asked_once_writes_only_instructions_to_the_cache_and_has_the_readers_price() -> None:
    reader = replace(default_reader, model="claude-haiku-5-5", price=Price(50, 50))
    with script(lambda request: Reply.output(Findings()) if is_reader(request) else Reply.text("Nothing.")) as played:
        result = await read_many(DOCUMENTS, "What is paid?", reader=reader)
    assert result.usage.cache_write_5m_tokens == 0
    assert all("cache_control" not in str(request["messages"]) for request in played.requests)
    assert result.plan.min_cost_usd is not None
    assert result.plan.min_cost_usd > 0.1
