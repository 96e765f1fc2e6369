"""Sub-agents in the background: started, collected, stopped; and nothing of them outlives the run unnoticed."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest

from agentkit import Agent, Budget, RunContext, UsageError, tool
from agentkit.agents.background_tools import background
from agentkit.cli.commands.tool_lint import find_issues
from agentkit.errors import ConfigurationError, DefinitionError
from agentkit.messages.message import JSONObject
from agentkit.testing import Reply, script
from tests.agents.delegating import CHILD, LEAD, Evidence, collect, read_by_lead, say, start

pytestmark = pytest.mark.anyio

CANCELLED = "It was stopped by `cancel_agent`."


@dataclass
class Node:
    name: str
    below: list[Node]


reader = Agent("reader", model=CHILD, description="Reads.", output=Evidence)
writer = Agent("writer", model=CHILD, description="Writes.", instructions="Write.")
lead = Agent("lead", model=LEAD, tools=[background(reader.as_tool(), writer.as_tool())])


# -- what there is ---------------------------------------------------------------------------------------------


async def test_the_three_tools_are_there_from_the_first_request() -> None:
    with script(Reply.text("Nothing to do.")) as s:
        await lead.run("Go")
    names = [param["name"] for param in s.requests[0]["tools"]]
    assert names[:3] == ["start_agent", "collect_agent", "cancel_agent"]
    description = s.requests[0]["tools"][0]["description"]
    assert description.endswith("The sub-agents are:\n- `reader`: Reads.\n- `writer`: Writes.")


def test_the_three_tools_are_described_as_our_own_lint_wants_it() -> None:
    tools = background(reader.as_tool(), writer.as_tool(models={"fast": CHILD})).tools
    assert find_issues(tools) == []


def test_a_start_names_an_agent_and_takes_its_input() -> None:
    typed = Agent("typed", model=CHILD, input=Evidence)
    tree = Agent("tree", model=CHILD, input=Node)
    alike = background(reader.as_tool(), writer.as_tool()).tools[0].input_schema
    assert alike["properties"]["agent"]["enum"] == ["reader", "writer"]
    assert alike["properties"]["input"]["required"] == ["objective"]
    mixed = background(typed.as_tool(), tree.as_tool()).tools[0].input_schema
    first, second = mixed["properties"]["input"]["anyOf"]
    assert list(first["properties"]) == ["item"]
    assert second == {"$ref": "#/$defs/tree"}


async def test_what_does_not_fit_is_told_and_nothing_is_started() -> None:
    tree = Agent("tree", model=CHILD, input=Node)
    agent = Agent("lead", model=LEAD, tools=[background(tree.as_tool(), writer.as_tool())])
    right = {"name": "a", "below": [{"name": "b", "below": []}]}
    calls = [
        Reply.tool("start_agent", agent="nobody", input={}),
        Reply.tool("start_agent", agent="tree", input={"name": "a", "below": [{"name": "b"}]}),
        Reply.tool("start_agent", agent="tree", input=json.dumps(right)),
    ]

    async def answer(request: JSONObject) -> Reply:
        return replies.pop(0) if request["model"] == LEAD else Reply.text("Read.")

    replies = [sum(calls, Reply()), collect(), Reply.text("Done.")]
    with script(answer) as s:
        result = await agent.run("Go")
    nobody, missing, started = read_by_lead(s, 1)
    assert "agent: " in nobody
    assert "below[0].below: missing" in missing
    assert started == {"handle": "tree-2", "state": "running"}
    assert len(result.children) == 1


def test_what_cannot_work_is_refused_where_it_is_said() -> None:
    with pytest.raises(DefinitionError, match=r"takes agents as tools, `reader.as_tool\(\)`"):
        background(reader)  # type: ignore[arg-type]
    with pytest.raises(DefinitionError, match="at least one agent"):
        background()
    with pytest.raises(DefinitionError, match="two tools are named 'reader'"):
        background(reader.as_tool(), reader.as_tool())


async def test_a_start_has_the_strongest_effect_of_its_agents() -> None:
    @tool
    def write() -> str:
        """Write."""
        return ""

    careful = Agent("careful", model=CHILD, tools=[write])
    assert [one.effect for one in background(reader.as_tool()).tools] == ["read", "read", "read"]
    assert [one.effect for one in background(reader.as_tool(), careful.as_tool()).tools] == ["write", "read", "write"]


async def test_outside_a_run_nothing_is_started() -> None:
    given = {"agent": "reader", "input": {"objective": "Read."}}
    first = background(reader.as_tool()).tools[0]
    with pytest.raises(UsageError, match="in the background of a run only"):
        await first.call(given, RunContext(deps=None))
    with pytest.raises(UsageError, match="takes a RunContext"):
        await first.call(given)
    with pytest.raises(UsageError, match="in the background of a run only"):
        first()


async def test_prices_and_deps_are_asked_for_before_anything_starts() -> None:
    unknown = Agent("unknown", model="model-9")
    needy = Agent("needy", model=CHILD, deps=Evidence)
    for agent, error in ((unknown, ConfigurationError), (needy, UsageError)):
        over = Agent("lead", model=LEAD, tools=[background(agent.as_tool())])
        with script(), pytest.raises(error, match=r"model-9|deps of type Evidence"):
            await over.run("Go", budget=Budget(max_cost_usd=1))


# -- start, collect, cancel ------------------------------------------------------------------------------------


async def test_the_parent_goes_on_meanwhile_and_collects_results_as_json() -> None:
    begin = start("reader", "tea") + start("writer", "hang on") + start("reader", "coffee")
    stop = Reply.tool("cancel_agent", handles=["writer-1"])
    with script(say(begin, collect("reader-2", "reader-1"), stop, Reply.text("Done."))) as s:
        result = await lead.run("Go")
    assert read_by_lead(s, 1) == [
        {"handle": "reader-1", "state": "running"},
        {"handle": "writer-1", "state": "running"},
        {"handle": "reader-2", "state": "running"},
    ]
    assert read_by_lead(s, 2) == [
        [
            {"handle": "reader-2", "state": "completed", "result": {"item": "coffee"}},
            {"handle": "reader-1", "state": "completed", "result": {"item": "tea"}},
        ]
    ]
    error = f"The sub-agent `writer` gave no answer; its outcome is cancelled. {CANCELLED}"
    assert read_by_lead(s, 3) == [[{"handle": "writer-1", "state": "cancelled", "error": error}]]
    assert result.ok
    assert sorted(one.outcome for one in result.children) == ["cancelled", "completed", "completed"]
    # The request of the stopped sub-agent is estimated: the server worked on it and said nothing.
    assert result.cost.usd is not None
    assert result.cost.usd - result.cost.estimated_usd == pytest.approx(s.ledger.usd)


async def test_collecting_need_not_wait_and_an_empty_list_is_all() -> None:
    look = collect(wait=False)
    begin = start("writer", "hang")
    with script(say(begin, look, Reply.tool("cancel_agent", handles=[]), look, Reply.text("Done."))) as s:
        await lead.run("Go")
    assert read_by_lead(s, 2) == [[{"handle": "writer-1", "state": "running"}]]
    assert [one["state"] for one in read_by_lead(s, 4)[0]] == ["cancelled"]


async def test_a_failure_is_told_where_it_is_collected_and_costs_nobody_else() -> None:
    def broken(evidence: Evidence) -> str | None:
        raise LookupError("the password is swordfish")

    tools = background(reader.as_tool(verify=broken, max_calls=1), writer.as_tool())
    agent = Agent("lead", model=LEAD, tools=[tools])
    begin = start("reader", "tea") + start("writer", "refuse") + start("writer", "words") + start("reader", "again")
    with script(say(begin, collect(), Reply.text("Done."))) as s:
        result = await agent.run("Go")
    assert "at most 1 may be made" in read_by_lead(s, 1)[3]
    failed, refused, written = read_by_lead(s, 2)[0]
    assert failed["state"] == "failed"
    assert "internal error (error id" in failed["error"]
    assert "swordfish" not in str(s.requests)
    assert refused["state"] == "refused"
    assert "Not this" in refused["error"]
    assert written == {"handle": "writer-2", "state": "completed", "result": "words"}
    assert {one.name for one in result.unfinished} == {"start_agent"}


async def test_a_handle_that_there_is_not_is_told_with_those_that_there_are() -> None:
    with script(say(start("writer", "words"), collect("writer-7"), collect("writer-1"), Reply.text("Done."))) as s:
        await lead.run("Go")
    assert read_by_lead(s, 2) == ["There is no sub-agent 'writer-7'. The handles are: writer-1."]


async def test_the_terms_of_a_delegation_hold_in_the_background() -> None:
    tools = background(writer.as_tool(timeout_s=0.1), reader.as_tool(budget=Budget(max_output_tokens=1)))
    agent = Agent("lead", model=LEAD, tools=[tools])
    with script(say(start("writer", "hang") + start("reader", "tea"), collect(), Reply.text("Done."))) as s:
        await agent.run("Go")
    slow, poor = read_by_lead(s, 2)[0]
    assert "stopped after 0.1 s" in slow["error"]
    assert poor["state"] == "budget_exhausted"
