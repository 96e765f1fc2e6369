"""A shop that the loop's tests run: three tools, and how to read what came of them."""

from __future__ import annotations

from dataclasses import dataclass

from agentkit import Agent, RunResult, ToolError, tool
from agentkit.messages.message import JSONObject


@dataclass
class Item:
    name: str
    price: float


@dataclass
class Report:
    text: str
    items: list[Item]


@tool(effect="read")
async def find_items(words: list[str]) -> list[Item]:
    """Find items by words."""
    return [Item(word, 4.0) for word in words]


@tool(effect="read")
async def broken(path: str) -> str:
    """Always fails, with a secret in its text."""
    raise RuntimeError(f"password=hunter2 in {path}")


@tool(effect="write", raises=(LookupError,))
def place_order(name: str, count: int = 1) -> str:
    """Place an order."""
    if count > 5:
        raise ToolError("Only 5 are left.", hint="Order fewer.", retryable=False)
    if name == "coffee":
        raise LookupError("no such item: coffee")
    return f"{count} x {name}"


shop = Agent("shop", model="claude-opus-5-5", tools=[find_items, broken, place_order])


def results(request: JSONObject) -> list[JSONObject]:
    """The tool results that a request ends with."""
    return [block for block in request["messages"][-1]["content"] if block["type"] == "tool_result"]


def check_pairs(result: RunResult[object]) -> None:
    """Law 1: every call is answered exactly once, in order, in the next message."""
    messages = result.messages
    for i, message in enumerate(messages):
        calls = [b["id"] for b in message["content"] if isinstance(b, dict) and b["type"] == "tool_use"]
        if message["role"] == "assistant" and calls:
            answers = [b["tool_use_id"] for b in messages[i + 1]["content"] if b["type"] == "tool_result"]
            assert answers == calls
