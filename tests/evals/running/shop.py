"""A small shop for the tests of evaluations: an agent that asks for a price, and its scripted model."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from agentkit import Agent, RunContext, tool
from agentkit.simulator import Reply


@dataclass
class Stock:
    """The world: what was ordered."""

    orders: list[str] = field(default_factory=list[str])


@tool
def price(item: str) -> float:
    """Return the price of an item."""
    return {"tea": 4.0}.get(item, 1.0)


@tool
def order(ctx: RunContext[Stock], item: str) -> str:
    """Order an item."""
    ctx.deps.orders.append(item)
    return "ordered"


clerk = Agent("clerk", model="claude-haiku-5-5", tools=[price])
buyer = Agent("buyer", model="claude-haiku-5-5", tools=[order], deps=Stock)


def is_first_turn(request: dict[str, Any]) -> bool:
    """True if the request has no tool result yet behind the last prompt."""
    content = request["messages"][-1]["content"]
    return isinstance(content, str) or all(block["type"] != "tool_result" for block in content)


def calls_then_says(name: str, text: str, **arguments: Any) -> Callable[[Any], Reply]:
    """A model that calls a tool and then says a text."""

    def reply(request: Any) -> Reply:
        return Reply.tool(name, **arguments) if is_first_turn(request) else Reply.text(text)

    return reply


asks_the_price = calls_then_says("price", "It costs 4.0", item="tea")
orders_tea = calls_then_says("order", "Done.", item="tea")
