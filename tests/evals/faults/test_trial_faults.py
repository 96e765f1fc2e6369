"""One trial under faults: tools, models and the process; the same seed brings the same faults."""

from collections import Counter
from dataclasses import dataclass, field

import pytest

from agentkit import Agent, RunContext, tool
from agentkit.evals.faults import Faults
from agentkit.evals.faults.trial_faults import TrialFaults
from agentkit.messages.message import JSONObject
from agentkit.models.retry import Retry
from agentkit.testing import Reply, script

pytestmark = pytest.mark.anyio


@dataclass
class Shop:
    orders: list[str] = field(default_factory=list[str])


@tool(effect="idempotent")
def order(ctx: RunContext[Shop], item: str) -> str:
    """Order an item."""
    if item not in ctx.deps.orders:
        ctx.deps.orders.append(item)
    return "ordered"


def persistent(request: JSONObject) -> Reply:
    """Order until the result says so."""
    last = request["messages"][-1]["content"]
    return Reply.text("Done.") if "ordered" in str(last) else Reply.tool("order", item="tea")


AGENT = Agent("a", model="claude-haiku-5-5", tools=[order], deps=Shop, retry=Retry(first_wait_s=0))


async def met_by(faults: Faults, trials: int, seed: int = 0) -> list[Counter[str]]:
    met: list[Counter[str]] = []
    for number in range(trials):
        one, shop = TrialFaults(faults, seed=seed, task="t", number=number), Shop()
        with script(persistent):
            result = await one.run(AGENT, "Order tea.", deps=shop)
        assert (result.outcome, shop.orders) == ("completed", ["tea"])
        met.append(one.met)
    return met


async def test_an_agent_that_goes_on_recovers_from_all_kinds() -> None:
    faults = Faults(tool_errors=0.4, lost_results=0.2, api=0.3, kills=0.5)
    met = await met_by(faults, 16)
    assert {kind for one in met for kind in one} == {"tool_errors", "lost_results", "api", "kills"}


async def test_the_same_seed_brings_the_same_faults() -> None:
    faults = Faults(tool_errors=0.4, api=0.3)
    first = await met_by(faults, 6)
    assert await met_by(faults, 6) == first
    assert await met_by(faults, 6, seed=1) != first
