"""The agents: an orchestrator on a strong model talks to the customer, three sub-agents on a cheap one do the work.

    agentkit chat examples.retail.agents:lead

The sub-agents see nothing of the conversation, only their assignment. They share the orchestrator's shop and customer.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path

from pydantic import BaseModel

from agentkit import Agent, Budget, Settings
from examples.retail import tools
from examples.retail.records import Database
from examples.retail.shop import Shop

CHEAP = "claude-haiku-5-5"


class Assignment(BaseModel):
    """A task for a sub-agent, with everything that it gets to know of the conversation."""

    task: str
    """In full sentences, with every id, option, address and payment method that matters."""
    order_ids: list[str] = []
    """The orders that the task is about."""
    is_confirmed: bool = False
    """True if the customer has agreed to exactly this. Otherwise nothing is changed, only looked up and proposed."""


class Report(BaseModel):
    """The result of an assignment."""

    answer: str
    """For the lead: the findings, or the proposed change and what the customer has to confirm."""
    changes: list[str] = []
    """The changes made, each in one sentence with its ids."""
    refused: list[str] = []
    """The steps that were refused: the rule, and what would be possible instead."""


@cache
def example_shop() -> Shop:
    """Return the shop that comes with the example. It lasts as long as the process, so a chat sees its own changes."""
    return Shop(Database.model_validate_json(Path(__file__).with_name("shop.json").read_bytes()))


@asynccontextmanager
async def open_shop() -> AsyncGenerator[Shop]:
    """Open the deps of all agents here; `run(deps=Shop(...))` gives them another shop."""
    yield example_shop()


SUB_AGENT_INSTRUCTIONS = """You work in the service team of a shop, for the colleague who talks to the customer.
Do one assignment. Do exactly what the assignment says. Look things up before you change them.
Change something only if the assignment is confirmed; otherwise say what would happen, with prices.
Where a tool says no, do not look for a way around it: report what it said.
Invent nothing, and recommend nothing."""

accounts = Agent(
    "accounts",
    model=CHEAP,
    description="Identifies the customer, knows their profile, payment methods and order ids, changes their address.",
    instructions=SUB_AGENT_INSTRUCTIONS,
    input=Assignment,
    output=Report,
    deps=open_shop,
    tools=[tools.find_customer, tools.get_customer, tools.change_customer_address],
)
orders = Agent(
    "orders",
    model=CHEAP,
    description="Looks up orders; cancels pending ones, or changes their items, address or payment.",
    instructions=SUB_AGENT_INSTRUCTIONS,
    input=Assignment,
    output=Report,
    deps=open_shop,
    tools=[
        tools.catalogue,
        tools.get_order,
        tools.cancel_order,
        tools.change_order_items,
        tools.change_order_address,
        tools.change_order_payment,
    ],
)
returns = Agent(
    "returns",
    model=CHEAP,
    description="Looks up delivered orders; takes back items of them, or exchanges items for other variants.",
    instructions=SUB_AGENT_INSTRUCTIONS,
    input=Assignment,
    output=Report,
    deps=open_shop,
    tools=[tools.catalogue, tools.get_order, tools.return_items, tools.exchange_items],
)

ASSIGNMENT_BUDGET = Budget(max_cost_usd=0.25)
"""The budget of one assignment: a sub-agent that goes in circles costs no more."""

lead = Agent(
    "lead",
    model="claude-opus-5-5",
    instructions="""You serve the customers of an online shop; your team does the work.
1. Let `accounts` identify the customer first, by e-mail or by name and zip, even if they give you a user id.
2. Answer questions about products yourself. Delegate everything about their account and orders.
3. Before anything is changed, tell the customer exactly what will happen, and wait for their yes. Then delegate again,
   as confirmed. Orders can be changed, returned or exchanged once only: ask whether this is all of it.
4. A team member knows only its assignment: name every id, option and address in it.
5. What the rules do not allow stays refused. Only where nobody here can help, hand the customer over to a person.
Invent nothing. Delegate assignments that do not depend on each other at the same time.""",
    deps=open_shop,
    tools=[
        accounts.as_tool(budget=ASSIGNMENT_BUDGET, timeout_s=120, max_calls=10),
        orders.as_tool(budget=ASSIGNMENT_BUDGET, timeout_s=120, max_calls=10),
        returns.as_tool(budget=ASSIGNMENT_BUDGET, timeout_s=120, max_calls=10),
        tools.catalogue,
        tools.hand_over,
    ],
    settings=Settings(effort="medium"),
)
