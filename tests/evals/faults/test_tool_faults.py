"""Tool calls fail, lose or damage their results, and the same call at most twice."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, cast

import pytest

from agentkit import Agent, RunContext, tool
from agentkit.evals.faults import Faults
from agentkit.evals.faults.chance import Chance
from agentkit.evals.faults.tool_faults import ToolFaults
from agentkit.messages.message import Block, JSONObject
from agentkit.testing import Reply, script
from agentkit.testing.expectations import tool_calls_of

pytestmark = pytest.mark.anyio


@dataclass
class Shop:
    orders: list[str] = field(default_factory=list[str])


@tool(effect="read")
def price(item: str) -> str:
    """Return the price of an item."""
    return f"{item} costs 4 EUR"


@tool(effect="write")
def order(ctx: RunContext[Shop], item: str) -> str:
    """Order an item."""
    ctx.deps.orders.append(item)
    return "ordered"


def results_in(messages: Sequence[JSONObject]) -> list[str]:
    contents = [message["content"] for message in messages if message["role"] == "user"]
    blocks = [block for content in contents if isinstance(content, list) for block in cast("list[Block]", content)]
    return [str(block["content"]) for block in blocks if block["type"] == "tool_result"]


async def call(name: Literal["price", "order"], times: int, faults: Faults) -> tuple[Shop, list[str], Counter[str]]:
    """Call a tool so often with the same input, and return the world, the results and the faults that were met."""
    shop, met = Shop(), Counter[str]()
    middleware = ToolFaults(faults, Chance("t"), met)
    agent = Agent("a", model="claude-haiku-5-5", tools=[price, order], deps=Shop, around_tool=[middleware])
    with script(*[Reply.tool(name, item="tea")] * times, Reply.text("Done.")):
        result = await agent.run("?", deps=shop)
    assert len(tool_calls_of(result)) == times
    return shop, results_in(result.messages), met


async def test_a_call_that_fails_has_done_nothing_and_comes_through_at_the_third_time() -> None:
    shop, results, met = await call("order", 3, Faults(tool_errors=1))
    assert (shop.orders, met) == (["tea"], {"tool_errors": 2})
    assert "ordered" in results[-1]
    assert not any("ordered" in result for result in results[:-1])


async def test_a_lost_result_has_had_its_effect() -> None:
    shop, results, met = await call("order", 1, Faults(lost_results=1))
    assert (shop.orders, met) == (["tea"], {"lost_results": 1})
    assert "ordered" not in results[0]


async def test_results_of_reading_tools_arrive_damaged() -> None:
    _, results, met = await call("price", 1, Faults(wrong_data=1, latency_s=0.001))
    assert (len(results), met) == (1, {"wrong_data": 1})
    assert results[0].startswith("tea")
    assert "EUR" not in results[0]
    assert (await call("order", 1, Faults(wrong_data=1)))[1:] == (["ordered"], {})
