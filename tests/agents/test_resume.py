"""Runs in a journal: continued where their process died, and given back as they were once they have ended."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
import pytest

from agentkit import (
    NOT_DONE,
    Agent,
    Budget,
    Event,
    Journal,
    Outcome,
    RunConflict,
    RunContext,
    RunInProgress,
    RunResult,
    TextDelta,
    ThinkingDelta,
    ToolProgress,
    UsageError,
    background,
    tool,
)
from agentkit.messages.message import JSONObject
from agentkit.testing import Reply, script

pytestmark = pytest.mark.anyio

made: list[str] = []


@tool(effect="read")
async def look(word: str) -> str:
    """Look a word up."""
    made.append(f"look {word}")
    return word


@tool(effect="write")
async def pay(amount: int) -> str:
    """Pay."""
    made.append(f"pay {amount}")
    return f"paid {amount}"


reader = Agent("reader", model="claude-haiku-5-5", tools=[look, pay], output=dict[str, int])
lead = Agent("lead", model="claude-opus-5-5", tools=[reader.as_tool(), pay, look])


def answers(request: JSONObject) -> Reply:
    """Reply by what is asked alone, so that it does not matter what was asked before."""
    turn = len(request["messages"])
    if "reader" not in {param["name"] for param in request["tools"]}:
        calls = Reply.tool("look", word="tea") + Reply.tool("pay", amount=2)
        return calls if turn == 1 else Reply.output({"tea": 4})
    if turn == 1:
        return (
            Reply.tool("reader", objective="tea") + Reply.tool("pay", amount=1) + Reply.tool("reader", objective="milk")
        )
    return Reply.tool("look", word="coffee") if turn == 3 else Reply.text("Tea is 4 EUR.")


def facts(result: RunResult[Any]) -> tuple[object, ...]:
    return result.outcome, result.answer, result.messages, result.usage, result.cost, result.children, result.unfinished


def said(events: list[Event]) -> list[str]:
    passing = (TextDelta, ThinkingDelta, ToolProgress)
    kept = [event.to_json() for event in events if not isinstance(event, passing)]
    return sorted(str({**one, "is_replayed": None, "duration_s": None}) for one in kept)


async def journaled(path: Path, **options: Any) -> tuple[RunResult[str], list[Event]]:
    async with lead.stream("Go", journal=path, run_id="r", **options) as run:
        events = [event async for event in run]
    return run.result, events


async def test_a_run_that_has_ended_is_given_back_and_nothing_is_opened(tmp_path: Path) -> None:
    with script(answers):
        first, events = await journaled(tmp_path / "runs.db")
    before = len(made)
    again, events_again = await journaled(tmp_path / "runs.db")  # no script, no key: nothing answers
    resumed = await lead.resume("r", journal=tmp_path / "runs.db")
    assert facts(again) == facts(resumed) == facts(first)
    assert first.output == "Tea is 4 EUR."
    assert len(made) == before
    assert said(events_again) == said(events)
    assert all(event.is_replayed for event in events_again)
    assert not any(event.is_replayed for event in events)


async def test_every_cut_goes_on_to_the_same_end(tmp_path: Path) -> None:
    with script(answers) as asked:
        first, events = await journaled(tmp_path / "runs.db")
    lines = [*Journal(tmp_path / "runs.db").export("r")]
    for count in range(1, len(lines)):
        path = tmp_path / f"{count}.db"
        Journal(path).import_lines(lines[:count])
        made.clear()
        with script(answers) as now:
            again, events_again = await journaled(path)
        recorded = "".join(lines[:count])
        if '"phase":"intent"' in lines[count - 1]:
            told = [again.messages, *(child.messages for child in again.children)]
            assert "Whether the call took effect is not known" in str(told)
            paid = sum('"effect":"write"' in line and '"kind":"tool","phase":"value"' in line for line in lines[:count])
            assert len([one for one in made if one.startswith("pay")]) == 2 - paid
            continue
        assert facts(again) == facts(first), lines[count - 1]
        assert said(events_again) == said(events), lines[count - 1]
        assert len(now.requests) == len(asked.requests) - recorded.count('"kind":"model","phase":"value"')
        assert len(made) == 6 - recorded.count('"kind":"tool","phase":"value"')


async def test_a_call_whose_outcome_is_unknown_is_reconciled(tmp_path: Path) -> None:
    found: list[object] = ["paid before"]

    async def find(ctx: RunContext, amount: int) -> object:
        assert ctx.idempotency_key.startswith("r:")
        return found[0]

    sure = tool(effect="write", reconcile=find)(pay.function)
    agent = Agent("a", model="claude-haiku-5-5", tools=[sure])
    with script(Reply.tool("pay", amount=5), Reply.text("Done.")):
        await agent.run("Go", journal=tmp_path / "runs.db", run_id="r")
    lines = [*Journal(tmp_path / "runs.db").export("r")]
    cut = next(i for i, line in enumerate(lines) if '"phase":"intent"' in line) + 1
    for outcome, calls, result in ((found[0], 0, "paid before"), (NOT_DONE, 1, "paid 5")):
        found[0] = outcome
        path = tmp_path / f"{calls}.db"
        Journal(path).import_lines(lines[:cut])
        made.clear()
        with script(Reply.text("Done.")) as asked:
            await agent.resume("r", journal=path)
        assert len(made) == calls
        assert result in str(asked.requests[0]["messages"][-1])


async def test_a_restart_does_not_reset_the_spend(tmp_path: Path) -> None:
    agent, budget = Agent("a", model="claude-haiku-5-5", tools=[look]), Budget(max_requests=3)

    def on(request: JSONObject) -> Reply:
        is_last = request.get("tool_choice", {}).get("type") == "none"
        return Reply.text("The best so far.") if is_last else Reply.tool("look", word=str(len(request["messages"])))

    with script(on):
        first = await agent.run("Go", journal=tmp_path / "runs.db", run_id="r", budget=budget)
    lines = [*Journal(tmp_path / "runs.db").export("r")]
    for count in range(1, len(lines)):
        path = tmp_path / f"{count}.db"
        Journal(path).import_lines(lines[:count])
        with script(on) as asked:
            again = await agent.run("Go", journal=path, run_id="r", budget=budget)
        recorded = sum('"requests":1' in line for line in lines[:count] if '"phase":"value"' in line)
        is_lost = '"kind":"model","phase":"intent"' in lines[count - 1]
        assert again.outcome is Outcome.BUDGET_EXHAUSTED
        assert again.usage.requests + again.usage.aborted_requests <= 3
        assert len(asked.requests) == 3 - recorded - is_lost
        assert again.usage.aborted_requests == is_lost
    assert first.usage.requests == 3


async def test_a_sub_agent_that_was_stopped_is_not_entered_again(tmp_path: Path) -> None:
    slow = [True]

    @tool(effect="write")
    async def transfer(amount: int) -> str:
        """Transfer."""
        made.append(f"transfer {amount}")
        if slow[0]:
            await anyio.sleep(30)
        return "done"

    child = Agent("child", model="claude-haiku-5-5", tools=[transfer])
    direct = Agent("lead", model="claude-opus-5-5", tools=[child.as_tool(timeout_s=0.3)])
    behind = Agent("lead", model="claude-opus-5-5", tools=[background(child.as_tool()), look])

    def on(request: JSONObject) -> Reply:
        names, turn = {param["name"] for param in request["tools"]}, len(request["messages"])
        if "transfer" in names:
            return Reply.tool("transfer", amount=5) if turn == 1 else Reply.text("ended")
        if "child" in names:
            return Reply.tool("child", objective="pay") if turn == 1 else Reply.text("ended")
        started = Reply.tool("start_agent", agent="child", input={"objective": "pay"})
        stopped = Reply.tool("cancel_agent", handles=["child-1"])
        return {1: started, 3: Reply.tool("collect_agent", handles=[], wait=False), 5: stopped}.get(
            turn, Reply.text("ended")
        )

    for agent in (direct, behind):
        path = tmp_path / f"{agent.tools[0]!r:.10}.db"
        made.clear()
        slow[0] = True
        with script(on):
            first = await agent.run("Go", journal=path, run_id="r")
        count, slow[0] = len(made), False
        again = await agent.run("Go", journal=path, run_id="r")
        assert facts(again) == facts(first)
        assert len(made) == count


async def test_one_run_has_one_owner_and_one_input(tmp_path: Path) -> None:
    agent, path = Agent("a", model="claude-haiku-5-5", tools=[look]), tmp_path / "runs.db"

    async def second(request: JSONObject) -> Reply:
        with pytest.raises(RunInProgress, match="r"):
            await agent.run("Go", journal=path, run_id="r")
        return Reply.text("Well.")

    with script(second):
        await agent.run("Go", journal=path, run_id="r")
    with pytest.raises(RunConflict, match="another prompt"):
        await agent.run("Go now", journal=path, run_id="r")
    with pytest.raises(RunConflict, match="agent 'a'"):
        await lead.run("Go", journal=path, run_id="r")
    with pytest.raises(UsageError, match="no prompt"), script():
        await agent.resume("none", journal=path)
    with pytest.raises(UsageError, match="give the journal"):
        await agent.resume("r")


async def test_a_deploy_is_said_at_the_tail(tmp_path: Path) -> None:
    before = Agent("a", model="claude-haiku-5-5", instructions="Be brief.", tools=[look])
    after = Agent("a", model="claude-haiku-5-5", instructions="Be long.", tools=[look])
    with script(Reply.tool("look", word="tea"), Reply.tool("look", word="milk"), Reply.text("Tea.")):
        await before.run("Go", journal=tmp_path / "runs.db", run_id="r")
    lines = [*Journal(tmp_path / "runs.db").export("r")]
    cut = next(i for i, line in enumerate(lines) if '"name":"model:2"' in line)
    path = tmp_path / "cut.db"
    Journal(path).import_lines(lines[:cut])
    with script(Reply.tool("look", word="milk"), Reply.text("Tea.")) as asked:
        first = await after.run("Go", journal=path, run_id="r")
    request = asked.requests[0]
    assert "Be brief." in str(request["system"])
    assert "Be long." in str(request["messages"][-1])
    assert "Be long." not in str(request["messages"][:-1])
    assert facts(await after.run("Go", journal=path, run_id="r")) == facts(first)
    assert str(first.messages).count("Be long.") == 1


async def test_a_run_that_failed_goes_on_when_it_is_asked_to(tmp_path: Path) -> None:
    agent, path = Agent("a", model="claude-haiku-5-5", tools=[look]), tmp_path / "runs.db"
    with script(Reply.tool("look", word="tea"), faults=[None, "status:400"]):
        first = await agent.run("Go", journal=path, run_id="r")
    assert first.outcome is Outcome.FAILED
    assert (await agent.resume("r", journal=path)).outcome is Outcome.FAILED
    with script(Reply.text("Tea.")):
        again = await agent.resume("r", journal=path, again=True)
    assert again.output == "Tea."
    with pytest.raises(UsageError, match="only a run that failed"):
        await agent.resume("r", journal=path, again=True)


async def test_a_conversation_records_what_is_new(tmp_path: Path) -> None:
    agent, path = Agent("a", model="claude-haiku-5-5"), tmp_path / "runs.db"
    chat = agent.conversation()
    with script(Reply.text("A long first answer."), Reply.text("Two.")):
        await chat.send("One", journal=path, run_id="r1")
        saved = chat.save()
        second = await chat.send("Two", journal=path, run_id="r2")
    assert "A long first answer." not in "".join(Journal(path).export("r2"))
    later = await agent.conversation(saved).send("Two", journal=path, run_id="r2")
    assert later.messages == second.messages
    with pytest.raises(RunConflict, match="other messages before"):
        await agent.run("Two", journal=path, run_id="r2")


@pytest.mark.parametrize("budget", [Budget(max_requests=2), Budget(max_seconds=0.3)], ids=str)
async def test_a_budget_holds_where_it_is_not_given_again(tmp_path: Path, budget: Budget) -> None:
    @tool(effect="read")
    async def wait(word: str) -> str:
        """Wait."""
        await anyio.sleep(0.2 if budget.max_seconds and not made else 0)
        made.append(word)
        return word

    def on(request: JSONObject) -> Reply:
        is_last = "last turn" in str(request["messages"][-1])
        return Reply.text("The best so far.") if is_last else Reply.tool("wait", word=str(len(request["messages"])))

    made.clear()
    agent = Agent("a", model="claude-haiku-5-5", tools=[wait], max_turns=4)
    with script(on):
        first = await agent.run("Go", journal=tmp_path / "runs.db", run_id="r", budget=budget)
    lines = [*Journal(tmp_path / "runs.db").export("r")]
    assert facts(await agent.resume("r", journal=tmp_path / "runs.db")) == facts(first)
    for count in (len(lines) // 2, len(lines) - 1):
        path = tmp_path / f"{count}.db"
        Journal(path).import_lines(lines[:count])
        with script(on):
            again = await agent.resume("r", journal=path)
        if budget.max_requests:
            assert again.outcome is Outcome.BUDGET_EXHAUSTED
            assert again.usage.requests + again.usage.aborted_requests == 2
