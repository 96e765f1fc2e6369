"""A lead that delegates, and sub-agents that say what a test wants them to: for the tests of delegation."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import anyio

from agentkit import Agent, Retry, tool
from agentkit.messages.message import JSONObject
from agentkit.simulator import Simulator
from agentkit.testing import Reply

ONCE = Retry(max_attempts=1)
LEAD, CHILD = "claude-opus-5-5", "claude-haiku-5-5"


@dataclass
class Evidence:
    item: str


@tool(effect="read")
def look() -> str:
    """Look."""
    return "tea"


@tool(effect="read")
async def wait() -> str:
    """Wait."""
    await anyio.sleep_forever()
    return ""


reader = Agent("reader", model=CHILD, description="Reads.", retry=ONCE)


def lead(*tools: Any) -> Agent:
    return Agent("lead", model=LEAD, tools=tools, retry=ONCE)


async def never(request: JSONObject) -> Reply:
    await anyio.sleep_forever()
    return Reply()


def play(*said: Reply | Callable[[JSONObject], Any]) -> Callable[[JSONObject], Any]:
    """A lead that delegates once, and a child that says these things, one a request."""
    replies = list(said)

    async def answer(request: JSONObject) -> Reply:
        if request["model"] == LEAD:
            is_first = len(request["messages"]) == 1
            return Reply.tool("reader", objective="Read.") if is_first else Reply.text("Done.")
        reply = replies.pop(0)
        if isinstance(reply, Reply):
            return reply
        made: Reply = await reply(request)
        return made

    return answer


def told(simulator: Simulator) -> JSONObject:
    """The result of the first call of the lead's last turn, as its model read it."""
    asked = next(request for request in reversed(simulator.requests) if request["model"] == LEAD)
    answer: JSONObject = asked["messages"][-1]["content"][0]
    return answer


# -- in the background -----------------------------------------------------------------------------------------


def start(agent: str, objective: str) -> Reply:
    return Reply.tool("start_agent", agent=agent, input={"objective": objective})


def collect(*handles: str, wait: bool = True) -> Reply:
    return Reply.tool("collect_agent", handles=handles, wait=wait)


async def child(request: JSONObject) -> Reply:
    """What a child says: its objective, unless that is to hang or to refuse."""
    objective = str(json.loads(request["messages"][0]["content"])["objective"])
    if "hang" in objective:
        await anyio.sleep_forever()
    if "refuse" in objective:
        return Reply.refusal("Not this.")
    return Reply.text(objective) if request.get("system") else Reply.output(Evidence(objective))


def say(*said: Reply) -> Callable[[JSONObject], Any]:
    """A lead that says these things, and its children."""
    replies = list(said)

    async def answer(request: JSONObject) -> Reply:
        return replies.pop(0) if request["model"] == LEAD else await child(request)

    return answer


def read_by_lead(simulator: Simulator, turn: int) -> list[Any]:
    """What the lead's model read after so many of its turns: results as JSON where they are."""
    asked = [request for request in simulator.requests if request["model"] == LEAD]
    content = asked[turn]["messages"][-1]["content"]
    texts = [block["content"] if block["type"] == "tool_result" else block["text"] for block in content]
    return [json.loads(text) if text[:1] in "[{" else text for text in texts]
