"""Nested pydantic types as arguments, dependencies in the context, and a typed answer that may also be a question.

`python examples/02_nested_objects.py` runs offline from a script; with `--live` Claude answers.
"""

import sys
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from agentkit import Agent, RunContext, tool
from agentkit.testing import Reply, script


class Line(BaseModel):
    """One line of an order."""

    item: Literal["tea", "coffee"]
    count: Annotated[int, Field(ge=1, le=20)]
    note: str = ""
    """For the kitchen."""


class Receipt(BaseModel):
    """An order that was placed."""

    number: int
    total_eur: float


class Question(BaseModel):
    """A question that the customer has to answer before an order can be placed."""

    question: str


@dataclass
class Shop:
    """The dependencies of the tools: prices, and the orders that were placed."""

    prices: dict[str, float]
    orders: dict[str, list[Line]] = field(default_factory=dict[str, list[Line]])


@tool(effect="write")
async def place_order(ctx: RunContext[Shop], lines: list[Line]) -> Receipt:
    """Place an order. Use it once the customer has named every line.

    Args:
        lines: What to order, at least one line.
    """
    ctx.deps.orders[ctx.idempotency_key] = lines  # the same call twice is one order
    total = sum(ctx.deps.prices[line.item] * line.count for line in lines)
    return Receipt(number=len(ctx.deps.orders), total_eur=total)


waiter = Agent("waiter", model="claude-haiku-5-5", tools=[place_order], deps=Shop, output=Receipt | Question)

OFFLINE = [
    Reply.tool("place_order", lines=[{"item": "tea", "count": 2}, {"item": "coffee", "count": 1, "note": "black"}]),
    Reply.output(Receipt(number=1, total_eur=13.5)),
]


def main() -> None:
    """Place one order and print what it came to."""
    result = waiter.run_sync("Two teas and a black coffee, please.", deps=Shop({"tea": 4.0, "coffee": 5.5}))
    match result.output:
        case Receipt(number=number, total_eur=total):
            print(f"Order {number}: {total:.2f} EUR")
        case Question(question=question):
            print(question)


if __name__ == "__main__":
    with nullcontext() if "--live" in sys.argv else script(*OFFLINE):
        main()
