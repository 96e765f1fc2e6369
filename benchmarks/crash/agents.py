"""Three levels of agents that buy something: a lead, its buyers, and their clerks; and the tools that they call."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import anyio

from agentkit import NOT_DONE, Agent, CallOutcome, Model, RunContext, Settings, tool
from benchmarks.crash.effects import Effects, Start
from benchmarks.crash.points import AFTER_EFFECT, BEFORE_EFFECT, IN_RECONCILE, IN_SUB_AGENT, Points

LEAD, BUYER, CLERK = "You lead.", "You buy.", "You are a clerk."
"""The instructions, by which the server knows who asks."""
_MOST_SLEEP_S = 0.03


@dataclass(frozen=True, slots=True)
class Deps:
    """What a process is given for one run; none of it remembers anything."""

    run_id: str
    launch: int
    effects: Effects
    points: Points = field(default_factory=Points)

    def start(self, ctx: RunContext[Deps], name: str) -> None:
        """Note that a tool has started."""
        self.effects.note_start(Start(self.run_id, ctx.idempotency_key, name, self.launch))
        if ctx.agent == "clerk":
            self.points.reach(IN_SUB_AGENT)


@tool(effect="read")
async def look(ctx: RunContext[Deps], item: str) -> str:
    """Look up the price of an item."""
    ctx.deps.start(ctx, "look")
    await anyio.sleep(random.uniform(0, _MOST_SLEEP_S))
    return f"{item} costs {len(item)} EUR. " + "It comes from far away. " * 20


@tool(effect="idempotent")
def note(ctx: RunContext[Deps], text: str) -> str:
    """Make a note, in a worker thread; of a note that is made again there is one."""
    ctx.deps.start(ctx, "note")
    time.sleep(random.uniform(0, _MOST_SLEEP_S))
    ctx.deps.effects.write_once(ctx.deps.run_id, ctx.idempotency_key, "note")
    time.sleep(random.uniform(0, _MOST_SLEEP_S))
    return f"noted: {text}"


async def write(ctx: RunContext[Deps], name: str) -> None:
    """Do what must not be done twice."""
    deps = ctx.deps
    deps.start(ctx, name)
    await anyio.sleep(random.uniform(0, _MOST_SLEEP_S))
    deps.points.reach(BEFORE_EFFECT)
    deps.effects.write(deps.run_id, ctx.idempotency_key, name)
    deps.points.reach(AFTER_EFFECT)
    await anyio.sleep(random.uniform(0, _MOST_SLEEP_S))


@tool(effect="write")
async def pay(ctx: RunContext[Deps], amount: int) -> str:
    """Pay an amount."""
    await write(ctx, "pay")
    return f"paid {amount} EUR"


async def find_shipment(ctx: RunContext[Deps], item: str) -> str | CallOutcome:
    """Find out whether an item was shipped."""
    ctx.deps.points.reach(IN_RECONCILE)
    return f"{item} was shipped" if ctx.deps.effects.is_written(ctx.idempotency_key) else NOT_DONE


@tool(effect="write", reconcile=find_shipment)
async def ship(ctx: RunContext[Deps], item: str) -> str:
    """Ship an item."""
    await write(ctx, "ship")
    return f"{item} was shipped"


def make_lead(model: Callable[[str], str | Model]) -> Agent[Deps, str, str]:
    """Return the agent of a run, with its sub-agents; `model` makes the models from their names."""
    settings = Settings(max_tokens=1_000)
    clerk = Agent(
        "clerk",
        model=model("claude-haiku-5-5"),
        instructions=CLERK,
        tools=[look, note, pay],
        deps=Deps,
        settings=settings,
    )
    buyer = Agent(
        "buyer",
        model=model("claude-sonnet-5-5"),
        instructions=BUYER,
        tools=[clerk.as_tool(), look, note, ship],
        deps=Deps,
        settings=settings,
    )
    return Agent(
        "lead",
        model=model("claude-opus-5-5"),
        instructions=LEAD,
        tools=[buyer.as_tool(), look, note, pay],
        deps=Deps,
        settings=settings,
    )
