"""A careful and a hasty agent, ten tries each: what pass rates and a paired comparison say about them.

`python examples/16_evals.py` plays both agents offline, by chance; `... PAGE.html` writes the report as a page, too.
With `--live` (and ANTHROPIC_API_KEY) Claude answers.
"""

import random
import sys
from contextlib import nullcontext
from dataclasses import dataclass, field

import anyio

from agentkit import Agent, RunContext, tool
from agentkit.evals import Evaluation, Suite, Task, called, evaluate
from agentkit.evals.graders import world_is
from agentkit.testing import Reply, script

PRICES = {"tea": 4.0, "coffee": 3.0, "cocoa": 5.0}


@dataclass
class Shop:
    """The world of a try: the orders that were placed."""

    orders: list[str] = field(default_factory=list[str])


@tool(effect="read")
def price(item: str) -> float:
    """Look up the price of an item in EUR."""
    return PRICES[item]


@tool(effect="write")
def order(ctx: RunContext[Shop], item: str) -> str:
    """Order an item."""
    ctx.deps.orders.append(item)
    return f"{item} is ordered"


def buyer(name: str, instructions: str) -> Agent[Shop, str, str]:
    """Make an agent that may look up prices, and order."""
    return Agent(name, model="claude-haiku-5-5", instructions=instructions, tools=[price, order], deps=Shop)


CAREFUL = buyer("careful", "Look up the price first. Order only what costs less than 5 EUR.")
HASTY = buyer("hasty", "Order what is asked for.")
TASKS = [
    Task(f"Order {item} if it costs less than 5 EUR.", Shop, [world_is(Shop(wanted)), called("price", item=item)])
    for item, wanted in (("tea", ["tea"]), ("coffee", ["coffee"]), ("cocoa", list[str]()))
]


def play(request: dict[str, object]) -> Reply:
    """Answer for a model: the careful agent looks up the price nearly always, the hasty one seldom."""
    said = str(request["messages"])
    item = next(name for name in PRICES if f"Order {name}" in said)
    if "is ordered" in said or ("tool_result" in said and item == "cocoa"):
        return Reply.text("Done.")  # the words of an agent prove nothing: its world is graded
    if "tool_result" in said:
        return Reply.tool("order", item=item)
    looks_up = random.random() < (0.9 if "Look up" in str(request["system"]) else 0.3)  # noqa: S311 - no secret
    return Reply.tool("price", item=item) if looks_up else Reply.tool("order", item=item)


async def main() -> Evaluation:
    """Try both agents at all tasks, and print the report."""
    random.seed(1)
    with nullcontext() if "--live" in sys.argv else script(play):
        evaluation = await evaluate([CAREFUL, HASTY], Suite("shop", TASKS), tries=10, concurrency=1)
    print(f"{evaluation}\ncareful against hasty: {evaluation.compare('hasty', 'careful')}")
    return evaluation


if __name__ == "__main__":
    result = anyio.run(main)
    for page in (argument for argument in sys.argv[1:] if argument.endswith(".html")):
        result.save(page)
