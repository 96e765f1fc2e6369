"""Under a limit of money everything below has a known price, or the run does not begin."""

from __future__ import annotations

from typing import Any

import pytest

from agentkit import Agent, Budget, ConfigurationError, Price, Settings, stop_over_budget
from agentkit.messages.message import JSONObject
from agentkit.testing import Reply, script

pytestmark = pytest.mark.anyio

MONEY = Budget(max_cost_usd=1)
SEARCH: JSONObject = {"type": "web_search_20250305", "name": "web_search"}
CODE: JSONObject = {"type": "code_execution_20250825", "name": "code_execution"}


def agent(**fields: Any) -> Agent[Any, Any, Any]:
    given: dict[str, Any] = {"name": "a", "model": "claude-opus-5-5", **fields}
    return Agent(**given)


UNPRICED = agent(name="b", model="of-our-own")

REFUSED = [
    (agent(model="of-our-own"), r"Agent\('a'\).*'of-our-own'.*Agent\(price=Price\(.*max_input_tokens"),
    (agent(fallback="of-our-own"), "'of-our-own'"),
    (agent(tools=[UNPRICED.as_tool()]), r"Agent\('b'\)"),
    (agent(tools=[agent(name="c", tools=[UNPRICED.as_tool()]).as_tool()]), r"Agent\('b'\)"),
    (agent(tools=[SEARCH]), "max_uses"),
    (agent(tools=[CODE]), "known only afterwards"),
    (agent(settings=Settings(extra={"speed": "fast"})), "speed"),
]


@pytest.mark.parametrize(("asked", "words"), REFUSED)
async def test_an_unknown_price_is_refused_at_the_start_with_the_fix(asked: Agent[Any, Any, Any], words: str) -> None:
    with script() as s, pytest.raises(ConfigurationError, match=words):
        await asked.run("Go", budget=MONEY)
    assert s.requests == []


async def test_a_limit_of_tokens_needs_no_price() -> None:
    with script(Reply.text("Tea.")):
        assert (await agent(tools=[UNPRICED.as_tool()]).run("Go", budget=Budget(max_requests=5))).ok


async def test_a_price_of_ones_own_is_a_known_one() -> None:
    priced = agent(model="claude-sonnet-5-5", price=[Price(1, 2)], settings=Settings(cache=None))
    with script(Reply.text("Tea.")):
        result = await priced.run("Go", budget=MONEY)
    usage = result.usage
    assert result.cost.usd == pytest.approx((usage.prompt_tokens + 2 * usage.output_tokens) / 1e6)


@pytest.mark.parametrize("where", ["block", "agent", "delegation"])
async def test_a_limit_of_money_anywhere_above_or_below_counts(where: str) -> None:
    child = agent(name="b", model="of-our-own", budget=MONEY if where == "agent" else None)
    lead = agent(tools=[child.as_tool(budget=MONEY if where == "delegation" else None)])
    block = stop_over_budget(MONEY if where == "block" else Budget(max_requests=9))
    with script(), block, pytest.raises(ConfigurationError, match=r"Agent\('b'\)"):
        await lead.run("Go")


async def test_searches_with_a_limit_have_a_price() -> None:
    with script(Reply.text("Tea.")):
        assert (await agent(tools=[{**SEARCH, "max_uses": 1}]).run("Go", budget=MONEY)).ok


@pytest.mark.parametrize(
    ("fallbacks", "words"),
    [
        ("default", "names no models"),
        ([{"model": "llama"}], "may be answered by 'llama'"),
        ([{"model": "claude-opus-4-5", "speed": "fast"}], "names no models"),
    ],
)
async def test_server_side_fallbacks_need_known_prices(fallbacks: object, words: str) -> None:
    settings = Settings(extra={"fallbacks": fallbacks}, betas=("server-side-fallback",))
    agent = Agent("a", model="claude-haiku-4-5", settings=settings)
    with script() as simulator, pytest.raises(ConfigurationError, match=words):
        await agent.run("Go", budget=Budget(max_cost_usd=1))
    assert simulator.requests == []
