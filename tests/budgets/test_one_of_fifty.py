"""One child of fifty is struck: forty-nine results arrive, the parent is told which and why, and the cost is right."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle

import anyio
import pytest

from agentkit import Agent, Budget, Outcome, Retry, tool
from agentkit.messages.message import JSONObject
from agentkit.run.delegation_terms import Escalate
from agentkit.simulator import Fault, Reply, Script, Simulator
from agentkit.simulator.faults.parsing import parse_fault
from agentkit.simulator.http.wire import Headers
from agentkit.simulator.message_endpoint import MessageAnswer

pytestmark = pytest.mark.anyio

COUNT = 50
STRUCK = "item 17"
PATIENCE = Retry(first_wait_s=0.001, longest_wait_s=0.002, max_attempts=2)


@dataclass
class Evidence:
    item: str


@tool(effect="read")
def look(item: str) -> str:
    """Look at an item."""
    return f"{item} " * 100


@dataclass
class Striking(Simulator):
    """Lets the same thing happen to every request of one child."""

    fault: Fault | None = None

    async def _answer_message(
        self, body: JSONObject, full_body: JSONObject, conversation: str, fault: Fault | None, response_headers: Headers
    ) -> MessageAnswer:
        is_struck = STRUCK in str(full_body["messages"][0]["content"])
        return await super()._answer_message(
            body, full_body, conversation, self.fault if is_struck else fault, response_headers
        )


def healthy(request: JSONObject) -> Reply:
    """A child that looks at its item and says what it is; a parent that asks for all at once."""
    if any(param["name"] == "reader" for param in request["tools"]):
        if len(request["messages"]) > 1:
            return Reply.text("Done.")
        calls = [Reply.tool("reader", objective=f"item {number}") for number in range(COUNT)]
        return sum(calls, Reply.text("All at once."))
    said = request["messages"][0]["content"]
    item = json.loads(said if isinstance(said, str) else said[0]["text"])["objective"]  # behind it: what failed before
    if len(request["messages"]) == 1:
        return Reply.text(f"I look at {item}.") + Reply.tool("look", item=item)
    return Reply.output(Evidence(item))


async def hang(request: JSONObject) -> Reply:
    if len(request["messages"]) > 1:
        await anyio.sleep_forever()
    return healthy(request)


def spend(request: JSONObject) -> Reply:
    """Looks for ever, and has no answer in the end."""
    if request.get("tool_choice") == {"type": "none"}:
        return Reply.text("I would have to look once more.")
    return Reply.tool("look", item=f"{STRUCK} {len(request['messages'])}")


def one_is_struck(what: Callable[[JSONObject], object] | Reply) -> Script:
    async def answer(request: JSONObject) -> Reply:
        if STRUCK not in str(request["messages"][0]["content"]):
            return healthy(request)
        if isinstance(what, Reply):
            return what
        reply = what(request)
        made: object = reply if isinstance(reply, Reply) else await reply  # type: ignore[misc]  # of either kind
        assert isinstance(made, Reply)
        return made

    return Script(answer)


FATES: dict[str, tuple[Script, str | None, Outcome, str]] = {
    "killed before a word": (Script(healthy), "drop", Outcome.FAILED, "Server disconnected"),
    "killed in the middle": (Script(healthy), "cut:600", Outcome.FAILED, "connection"),
    "timed out": (one_is_struck(hang), None, Outcome.CANCELLED, "stopped after 4 s"),
    "refused": (one_is_struck(Reply.refusal("Not this.")), None, Outcome.REFUSED, "Not this"),
    "overspent": (one_is_struck(spend), None, Outcome.BUDGET_EXHAUSTED, "the delegation to 'reader'"),
    "garbled": (one_is_struck(Reply.text('{"item": 1')), None, Outcome.INVALID_OUTPUT, "has to be JSON"),
    "stopped for a reason that nobody knows": (Script(healthy), "unknown_stop_reason", Outcome.FAILED, "hologram"),
}


@pytest.mark.parametrize(("fate", "anyio_backend"), [*zip(FATES, cycle(["asyncio", "trio"]), strict=False)])
async def test_one_of_fifty_is_struck_and_forty_nine_results_arrive(fate: str) -> None:
    mind, fault, outcome, why = FATES[fate]
    simulator = Striking(mind, fault=parse_fault(fault) if fault else None)
    reader = Agent("reader", model="claude-haiku-5-5", output=Evidence, tools=[look], retry=PATIENCE)
    terms = reader.as_tool(budget=Budget(max_requests=8), timeout_s=4)
    lead = Agent("lead", model="claude-opus-5-5", tools=[terms], max_concurrent_calls=COUNT)
    result = await lead.run("Go", client=simulator.client(), budget=Budget(max_cost_usd=20))

    assert result.output == "Done."
    calls = [block for block in result.messages[1]["content"] if block["type"] == "tool_use"]
    answers = result.messages[2]["content"]
    assert [answer["tool_use_id"] for answer in answers] == [call["id"] for call in calls]
    for number, answer in enumerate(answers):
        if f"item {number}" == STRUCK:
            assert answer["is_error"]
            assert answer["content"].startswith("The sub-agent `reader` gave no answer; its outcome is " + outcome)
            assert why in answer["content"]
        else:
            assert not answer.get("is_error")
            assert json.loads(answer["content"]) == {"item": f"item {number}"}

    struck = [child for child in result.children if child.answer is None]
    assert [child.outcome for child in struck] == [outcome]
    assert len(result.children) == COUNT
    (unfinished,) = [one for one in result.unfinished if one.name == "reader"]
    assert unfinished.call_id == calls[17]["id"]
    assert unfinished.reason.startswith(outcome)

    rows = [row for row in simulator.ledger.rows if row.status == 200]
    assert not any(row.is_open for row in simulator.ledger.rows)
    exact = sum(row.usd or 0 for row in rows if row.is_whole)
    assert result.cost.usd is not None
    assert result.cost.usd - result.cost.estimated_usd == pytest.approx(exact)
    assert result.usage.requests == sum(row.is_whole for row in rows)
    if any(row.is_abandoned for row in simulator.ledger.rows):
        assert fate == "timed out"  # the server was at work when the run hung up: its prompt is estimated
        assert exact < result.cost.usd < 1.01 * exact
    elif all(row.is_whole for row in rows):
        assert result.cost.usd == pytest.approx(simulator.ledger.usd)
    else:
        assert fate == "killed in the middle"  # what its replies had used is known to nobody but the server
        assert result.cost.usd == pytest.approx(simulator.ledger.usd, rel=0.01)


@pytest.mark.parametrize(
    ("on_failure", "anyio_backend"), [("retry", "asyncio"), (Escalate("claude-sonnet-5-5"), "trio")]
)
async def test_a_struck_child_that_is_tried_again_brings_all_fifty(on_failure: object) -> None:
    def answer(request: JSONObject) -> Reply:
        is_struck = STRUCK in str(request["messages"][0]["content"]) and request["model"] == "claude-haiku-5-5"
        if is_struck and not tried:
            tried.append(request)
            return Reply.refusal("Not this.")
        return healthy(request)

    tried: list[JSONObject] = []
    simulator = Simulator(Script(answer))
    reader = Agent("reader", model="claude-haiku-5-5", output=Evidence, tools=[look])
    terms = reader.as_tool(on_failure=on_failure)  # type: ignore[arg-type]  # both kinds
    lead = Agent("lead", model="claude-opus-5-5", tools=[terms], max_concurrent_calls=COUNT)
    result = await lead.run("Go", client=simulator.client())
    answers = [json.loads(answer["content"])["item"] for answer in result.messages[2]["content"]]
    assert answers == [f"item {number}" for number in range(COUNT)]
    assert len(result.children) == COUNT + 1
    assert result.unfinished == ()
    assert result.cost.usd == pytest.approx(simulator.ledger.usd)
