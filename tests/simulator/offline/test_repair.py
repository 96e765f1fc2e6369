"""Repairs: a refused call is made again as the error suggests, once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pytest

from agentkit import Agent, tool
from agentkit.messages.message import Block, JSONObject
from agentkit.simulator import Reply, Simulator
from agentkit.simulator.offline import OfflineResponder
from agentkit.testing import called, expect

pytestmark = pytest.mark.anyio

STOCK: list[tuple[object, ...]] = []


@dataclass
class Line:
    item: Literal["tea", "coffee"]
    count: int = 1


@tool(effect="read")
def stock(lines: list[Line], shop: str = "main") -> str:
    """Look at the stock."""
    STOCK.append(tuple((line.item, line.count) for line in lines))
    return "There is enough."


@tool(effect="read")
def search(question: str, most: int = 3) -> str:
    """Search."""
    return f"{most} found for {question}"


agent = Agent("clerk", model="claude-haiku-5-5", tools=[stock, search])


@dataclass
class WrongAtFirst:
    """Makes one wrong call, then hands over to the offline responder."""

    call: Block

    async def answer(self, request: JSONObject) -> Reply:
        if len(request["messages"]) == 1:
            return Reply.block({"type": "tool_use", **self.call})
        return await OfflineResponder().answer(request)


async def run(name: str, **arguments: object) -> tuple[object, int]:
    simulator = Simulator(WrongAtFirst({"name": name, "input": arguments}))
    result = await agent.run("What is in stock?", client=simulator.client())
    return result, len(simulator.requests)


@pytest.mark.parametrize(
    ("name", "wrong", "right"),
    [
        ("stock", {"line": [{"item": "tea"}]}, {"lines": [{"item": "tea"}]}),
        ("stock", {"lines": [{"item": "teaa"}]}, {"lines": [{"item": "tea"}]}),
        ("stock", {"lines": [{"item": "tea", "count": "two"}, {"item": "tea", "cuont": 2}]}, None),
        ("stock", {"lines": [{"item": "tea", "cuont": 2}]}, {"lines": [{"item": "tea", "count": 2}]}),
        ("stock", {"lines": {"item": "tea"}}, {"lines": [{"item": "tea"}]}),
        ("stock", {"lines": [{"item": "tea"}], "colour": "red"}, {"lines": [{"item": "tea"}]}),
        ("search", {"most": 2}, {"most": 2, "question": "What is in stock?"}),
        ("serach", {"question": "tea"}, {"question": "tea"}),
    ],
    ids=["key", "value", "not all", "inner key", "one for a list", "nothing near", "missing", "tool"],
)
async def test_the_call_is_made_again_as_the_error_says(name: str, wrong: JSONObject, right: JSONObject | None) -> None:
    result, _ = await run(name, **wrong)
    if right is None:
        expect(result, called("stock").times(2))  # type: ignore[arg-type]  # a result
        return
    right_name = "search" if name == "serach" else name
    expect(result, called(right_name, **right).succeeding())  # type: ignore[arg-type]  # a result


async def test_what_fails_again_is_left() -> None:
    result, requests = await run("stock", lines=[{"item": "tea", "count": "two", "cuont": 2}])
    assert requests == 3
    expect(result, called("stock").times(2), called("stock").failing().times(2))  # type: ignore[arg-type]  # a result


async def test_errors_that_are_not_about_arguments_are_left() -> None:
    @tool(effect="read")
    def fail() -> str:
        """Fail."""
        raise OSError("Invalid arguments")

    simulator = Simulator(WrongAtFirst({"name": "fail", "input": {}}))
    clerk = Agent("clerk", model="claude-haiku-5-5", tools=[fail])
    result = await clerk.run("Go", client=simulator.client())
    expect(result, called("fail").times(1))
