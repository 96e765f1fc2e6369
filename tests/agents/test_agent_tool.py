"""Delegation: typed input, an isolated conversation, and a tree that adds up."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest
from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict

from agentkit import Agent, Brief, Document, Outcome, RunContext, RunStarted, ToolStarted, tool
from agentkit.messages.message import JSONObject
from agentkit.testing import Reply, script

pytestmark = pytest.mark.anyio


@dataclass
class Evidence:
    quotes: list[str]


@dataclass
class Shop:
    name: str


@tool(effect="read")
def look(ctx: RunContext[Shop]) -> str:
    """Look around."""
    return ctx.deps.name


reader = Agent("reader", model="claude-haiku-5-5", description="Reads.", output=Evidence)
lead = Agent("lead", model="claude-opus-5-5", tools=[reader.as_tool()])


def tools_of(request: JSONObject) -> set[str]:
    return {param["name"] for param in request.get("tools") or ()}


def play(request: JSONObject) -> Reply:
    """A lead that delegates twice at once, and readers that quote their sources."""
    if "reader" not in tools_of(request):
        sources = json.loads(request["messages"][0]["content"])["sources"]
        return Reply.output(Evidence(sources))
    if len(request["messages"]) > 1:
        return Reply.text("Done.")
    first = Reply.tool("reader", objective="Find tea.", sources=["a"])
    return first + Reply.tool("reader", objective="Find coffee.", sources=["b"])


async def test_children_get_their_brief_alone_and_their_answers_come_back_as_compact_json() -> None:
    with script(play) as s:
        result = await lead.run("What is there? A secret of the lead's.")
    briefs = [r["messages"][0]["content"] for r in s.requests if "reader" not in tools_of(r)]
    assert [json.loads(brief)["objective"] for brief in sorted(briefs)] == ["Find coffee.", "Find tea."]
    assert not any("secret" in brief for brief in briefs)
    answers = s.requests[-1]["messages"][-1]["content"]
    assert [answer["content"] for answer in answers] == ['{"quotes":["a"]}', '{"quotes":["b"]}']
    assert result.output == "Done."


async def test_usage_and_cost_roll_up_and_children_keep_their_typed_output() -> None:
    with script(play):
        result = await lead.run("Go")
    assert sorted(child.output.quotes[0] for child in result.children if isinstance(child.output, Evidence)) == [
        "a",
        "b",
    ]
    assert result.usage.requests == 4
    assert result.own_usage.requests == 2
    total = sum((child.cost.usd or 0) for child in result.children) + (result.own_cost.usd or 0)
    assert result.cost.usd == pytest.approx(total)
    assert [child.run_id.rpartition("/")[0] for child in result.children] == [result.run_id] * 2


async def test_childrens_events_can_be_put_in_their_place() -> None:
    with script(play):
        async with lead.stream("Go") as run:
            events = [event async for event in run]
    calls = [event.call_id for event in events if isinstance(event, ToolStarted)]
    children = [event for event in events if isinstance(event, RunStarted) and event.parent_call_id]
    assert all(event.path == ("lead", "reader") for event in children)
    assert sorted(event.parent_call_id or "" for event in children) == sorted(calls)
    assert all(event.run_id == f"{run.result.run_id}/{event.parent_call_id}" for event in children)


async def test_the_schema_of_a_text_agent_is_a_brief() -> None:
    schema = reader.as_tool().input_schema
    assert schema["required"] == ["objective"]
    assert list(schema["properties"]) == ["objective", "output_format", "sources", "boundaries"]
    assert all(prop.get("description") for prop in schema["properties"].values())


async def test_a_typed_input_is_the_schema_and_is_validated() -> None:
    child = Agent("child", model="claude-haiku-5-5", input=Document)
    parent = Agent("parent", model="claude-opus-5-5", tools=[child.as_tool()])
    wrong = Reply.tool("child", id="d1")
    right = Reply.tool("child", id="d1", text="Tea.")
    with script(wrong, right, Reply.text("Read."), Reply.text("Done.")) as s:
        await parent.run("Go")
    assert "text: missing" in s.requests[1]["messages"][-1]["content"][0]["content"]
    assert s.requests[2]["messages"][0]["content"][0]["source"]["data"] == "Tea."


class Row(BaseModel):
    model_config = ConfigDict(serialize_by_alias=False)
    item_id: int = Field(alias="_x7")


async def test_an_answer_has_no_aliases_where_its_class_wants_none() -> None:
    child = Agent("child", model="claude-haiku-5-5", output=Row)
    with script(Reply.tool("child", objective="x"), Reply.text('{"_x7": 1}'), Reply.text("done")) as s:
        result = await Agent("lead", model="claude-opus-5-5", tools=[child.as_tool()]).run("go")
    assert result.ok
    assert '{\\"item_id\\":1}' in json.dumps(s.requests[2]["messages"][-1])


Linked = TypedDict("Linked", {"@type": str, "labels": dict[str, int]})


async def test_property_names_that_the_api_refuses_get_others_in_inputs_and_in_answers_by_a_tool() -> None:
    child = Agent("child", model="claude-haiku-5-5", input=Linked, output=Linked)
    given: JSONObject = {"_type": "book", "labels": {}}
    answer = {"@type": "film", "labels": {"a": 1}}
    with script(Reply.tool("child", **given), Reply.output(answer), Reply.text("done")) as s:
        result = await Agent("lead", model="claude-opus-5-5", tools=[child.as_tool()]).run("go")
    assert result.ok
    assert json.loads(s.requests[1]["messages"][0]["content"]) == {"@type": "book", "labels": {}}
    assert list(s.requests[1]["tools"][0]["input_schema"]["properties"]) == ["_type", "labels"]
    assert '"@type":"film"' in json.dumps(s.requests[2]["messages"][-1], separators=(",", ":")).replace("\\", "")


async def test_an_input_that_is_no_object_is_wrapped() -> None:
    child = Agent("child", model="claude-haiku-5-5", input=list[int])
    parent = Agent("parent", model="claude-opus-5-5", tools=[child.as_tool()])
    with script(Reply.tool("child", input=[1, 2]), Reply.text("3"), Reply.text("Three.")) as s:
        await parent.run("Go")
    assert s.requests[1]["messages"][0]["content"] == "[1,2]"


async def test_a_child_that_fails_costs_its_sibling_nothing_and_the_parent_is_told_why() -> None:
    def answer(request: JSONObject) -> Reply:
        if "reader" in tools_of(request):
            return play(request)
        brief = json.loads(request["messages"][0]["content"])
        return Reply.refusal("Not this.") if brief["sources"] == ["a"] else play(request)

    with script(answer) as s:
        result = await lead.run("Go")
    first, second = s.requests[-1]["messages"][-1]["content"]
    assert first["is_error"]
    assert "refused" in first["content"]
    assert second["content"] == '{"quotes":["b"]}'
    assert sorted(child.outcome for child in result.children) == [Outcome.COMPLETED, Outcome.REFUSED]


async def test_deps_of_the_parent_reach_the_child() -> None:
    child = Agent("child", model="claude-haiku-5-5", tools=[look], deps=Shop)
    parent = Agent("parent", model="claude-opus-5-5", tools=[child.as_tool()], deps=Shop)
    replies = [Reply.tool("child", objective="Look."), Reply.tool("look"), Reply.text("Seen."), Reply.text("Done.")]
    with script(*replies) as s:
        await parent.run("Go", deps=Shop("The Leaf"))
    assert s.requests[2]["messages"][-1]["content"][0]["content"] == "The Leaf"


async def test_an_agent_as_a_tool_can_be_called_from_python() -> None:
    with script(Reply.output(Evidence(["x"]))):
        assert await reader.as_tool()("Find x.") == Evidence(["x"])
    with script(Reply.output(Evidence(["y"]))):
        assert await reader.as_tool().call({"objective": "Find y."}) == '{"quotes":["y"]}'
    with script(Reply.output(Evidence(["z"]))):
        assert await reader.as_tool()(Brief(objective="Find z.")) == Evidence(["z"])  # type: ignore[arg-type]  # fine, too


async def test_the_effect_of_an_agent_is_the_strongest_that_it_reaches() -> None:
    @tool(effect="idempotent")
    def put() -> str:
        """Put."""
        return ""

    @tool
    def write() -> str:
        """Write."""
        return ""

    def agent(*tools: object) -> Agent:
        return Agent("a", model="m", tools=list(tools))  # type: ignore[arg-type]  # any mix, for the test

    assert agent().as_tool().effect == "read"
    assert agent(look).as_tool().effect == "read"
    assert agent(look, put).as_tool().effect == "idempotent"
    assert agent(agent(look, write).as_tool()).as_tool().effect == "write"
    assert agent({"type": "web_search_20250305", "name": "web_search"}).as_tool().effect == "write"


async def test_one_script_answers_three_levels() -> None:
    bottom = Agent("bottom", model="claude-haiku-5-5")
    middle = Agent("middle", model="claude-sonnet-5-5", tools=[bottom.as_tool()])
    top = Agent("top", model="claude-opus-5-5", tools=[middle.as_tool()])
    replies = [
        Reply.tool("middle", objective="1"),
        Reply.tool("bottom", objective="2"),
        Reply.text("deep"),
        Reply.text("deeper"),
        Reply.text("Done."),
    ]
    with script(*replies):
        async with top.stream("Go") as run:
            paths = {event.path async for event in run}
    assert paths == {("top",), ("top", "middle"), ("top", "middle", "bottom")}
    assert run.result.usage.requests == 5
