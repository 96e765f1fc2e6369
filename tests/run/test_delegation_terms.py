"""The terms of a delegation: what cannot work is refused where it is said, and the model learns what it may do."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from agentkit import Agent, Budget, ConfigurationError, DefinitionError, Price
from agentkit.messages.message import JSONObject
from agentkit.run.delegation_terms import Escalate
from agentkit.testing import Reply, script

pytestmark = pytest.mark.anyio

MENU = {"fast": "claude-haiku-5-5", "deep": "claude-opus-5-5"}
reader = Agent("reader", model="claude-sonnet-5-5", description="Reads.")


@dataclass
class Query:
    words: list[str]


@dataclass
class Choice:
    model: str


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ({"timeout_s": 0}, "timeout_s=0): it must be a number of seconds above 0"),
        ({"max_calls": 0}, "max_calls=0): it must be a whole number above 0"),
        ({"max_calls": True}, "max_calls=True)"),
        ({"max_depth": -1}, "max_depth=-1): it must be a whole number above 0"),
        ({"models": ["claude-haiku-5-5"]}, "models="),
        ({"models": {"fast": ""}}, "it must be a dict of names and models"),
        ({"models": {"fast": 5}}, "it must be a dict of names and models"),
        ({"verify": "yes"}, "verify=...): it takes a function, `def f(output)`"),
        ({"on_failure": "rety"}, """on_failure='rety'): it must be "tell", "retry" or Escalate("""),
        ({"on_failure": Escalate("")}, "on_failure="),
        ({"on_failure": [Escalate("claude-opus-5-5"), "retry"]}, "on_failure="),
        ({"on_failure": []}, "on_failure="),
    ],
)
def test_terms_that_cannot_work_are_refused_where_they_are_said(terms: dict[str, Any], said: str) -> None:
    with pytest.raises(DefinitionError) as refused:
        reader.as_tool(**terms)
    assert said in str(refused.value)


def test_a_menu_needs_the_property_model_for_itself() -> None:
    agent = Agent("picky", model="claude-haiku-5-5", input=Choice)
    with pytest.raises(DefinitionError, match=r"Agent\('picky'\).*field 'model' of its own"):
        agent.as_tool(models=MENU)
    assert "model" in agent.as_tool().input_schema["properties"]


def test_the_menu_stands_in_the_schema_and_says_what_each_name_is() -> None:
    schema = reader.as_tool(models=MENU).input_schema
    assert schema["properties"]["model"] == {
        "type": "string",
        "enum": ["fast", "deep"],
        "description": "Which model does the work. `fast`: claude-haiku-5-5; `deep`: claude-opus-5-5. "
        "Left out: claude-sonnet-5-5.",
    }
    assert schema["required"] == ["objective"]
    assert "model" not in reader.as_tool().input_schema["properties"]


@pytest.mark.parametrize(
    ("chosen", "model"), [({"model": "deep"}, MENU["deep"]), ({"model": None}, reader.model), ({}, reader.model)]
)
async def test_the_model_that_was_chosen_does_the_work(chosen: JSONObject, model: str) -> None:
    agent = Agent("finder", model="claude-sonnet-5-5", input=Query)
    lead = Agent("lead", model="claude-opus-5-5", tools=[agent.as_tool(models=MENU)])
    call = Reply.tool("finder", words=["tea"], **chosen)
    with script(call, Reply.text("Tea."), Reply.text("Done.")) as s:
        result = await lead.run("Go")
    assert [request["model"] for request in s.requests] == ["claude-opus-5-5", model, "claude-opus-5-5"]
    assert json.loads(s.requests[1]["messages"][0]["content"]) == {"words": ["tea"]}
    assert result.cost.usd == pytest.approx(s.ledger.usd)


async def test_a_name_that_is_not_on_the_menu_is_told_with_all_else_that_is_wrong() -> None:
    lead = Agent("lead", model="claude-opus-5-5", tools=[reader.as_tool(models=MENU)])
    with script(Reply.tool("reader", model="best"), Reply.text("Well.")) as s:
        await lead.run("Go")
    told = s.requests[1]["messages"][-1]["content"][0]["content"]
    assert "model: " in told
    assert "fast" in told
    assert "objective: missing" in told


async def test_a_price_of_the_agents_own_does_not_hold_for_a_model_of_the_menu() -> None:
    own = Agent("reader", model="claude-haiku-5-5", price=Price(input=1_000, output=1_000))
    lead = Agent("lead", model="claude-opus-5-5", tools=[own.as_tool(models=MENU)])
    with script(Reply.tool("reader", objective="Read.", model="fast"), Reply.text("Tea."), Reply.text("Done.")) as s:
        result = await lead.run("Go")
    assert result.cost.usd == pytest.approx(s.ledger.usd)


@pytest.mark.parametrize("terms", [{"models": {"new": "model-9"}}, {"on_failure": Escalate("model-9")}])
async def test_under_a_budget_of_money_every_model_that_may_run_has_a_price(terms: dict[str, Any]) -> None:
    lead = Agent("lead", model="claude-opus-5-5", tools=[reader.as_tool(**terms)])
    with script(Reply.text("Without money it does not matter.")):
        await lead.run("Go")
    with script(), pytest.raises(ConfigurationError, match=r"reader.*'model-9', whose price is not known"):
        await lead.run("Go", budget=Budget(max_cost_usd=1))


async def test_calls_are_counted_in_the_models_order_and_further_ones_are_answered_with_an_error() -> None:
    def play(request: JSONObject) -> Reply:
        if "tools" not in request:
            return Reply.text(json.loads(request["messages"][0]["content"])["objective"])
        if len(request["messages"]) > 3:
            return Reply.text("Done.")
        calls = [Reply.tool("reader", objective=str(number)) for number in range(2)]
        return calls[0] + calls[1]

    lead = Agent("lead", model="claude-opus-5-5", tools=[reader.as_tool(max_calls=3)])
    with script(play) as s:
        result = await lead.run("Go")
    last = s.requests[-1]["messages"][-1]["content"]
    assert [answer["content"] for answer in s.requests[-1]["messages"][2]["content"]] == ["0", "1"]
    assert last[0]["content"] == "0"
    assert last[1]["is_error"]
    assert last[1]["content"].startswith(
        "The sub-agent `reader` was not started: this is call 4 of it in this run, and"
    )
    assert len(result.children) == 3
    with script(play):
        assert len((await lead.run("Again")).children) == 3


async def test_a_call_whose_arguments_do_not_fit_is_none_of_those_that_may_be_made() -> None:
    lead = Agent("lead", model="claude-opus-5-5", tools=[reader.as_tool(max_calls=1)])
    wrong, right = Reply.tool("reader"), Reply.tool("reader", objective="Read.")
    with script(wrong, right, Reply.text("Tea."), Reply.text("Done.")):
        result = await lead.run("Go")
    assert [child.ok for child in result.children] == [True]


def chain(length: int, **terms: Any) -> Agent[Any, Any, Any]:
    """An agent with so many levels of others below it, the deepest called `level1`."""
    agent: Agent[Any, Any, Any] = Agent("level0", model="claude-haiku-5-5")
    for number in range(1, length + 1):
        tool = agent.as_tool(**terms if number == 1 else {})
        agent = Agent(f"level{number}", model="claude-haiku-5-5", tools=[tool])
    return agent


async def told_at_depth(depth: int, **terms: Any) -> str:
    """What the one above the deepest agent is told of it."""
    told: list[str] = []

    def play(request: JSONObject) -> Reply:
        last = request["messages"][-1]["content"]
        names = [param["name"] for param in request.get("tools") or ()]
        if "level0" in names and not isinstance(last, str):
            told.append(last[0]["content"])
        if not names or not isinstance(last, str):
            return Reply.text("Done.")
        return Reply.tool(names[0], objective="Go on.")

    with script(play):
        await chain(depth, **terms).run("Go")
    return told[0]


async def test_sub_agents_stand_three_levels_below_the_root_at_the_most_unless_it_is_said() -> None:
    assert await told_at_depth(3) == "Done."
    assert (await told_at_depth(4)).startswith(
        "The sub-agent `level0` was not started: it would be 4 levels below the first agent, and at most 3 are allowed."
    )
    assert await told_at_depth(4, max_depth=4) == "Done."
    assert "at most 1 are allowed" in await told_at_depth(2, max_depth=1)
