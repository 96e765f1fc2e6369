"""The agents of the scenarios and their dependencies: a record of what was executed, and a way to cancel the run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from agentkit import Agent, Retry, RunContext, tool

FAST = Retry(first_wait_s=0.001)
"""As many attempts as by default, without the waits."""


@dataclass
class Task:
    """A task for an agent."""

    text: str


@dataclass
class Price:
    """The price of an item."""

    eur: float


@dataclass
class Deps:
    """Dependencies of the tools."""

    executed: list[str] = field(default_factory=list[str])
    """The calls that were executed, in the order in which they started."""
    cancel: Callable[[], None] = lambda: None
    """Cancels the run from outside."""

    def record(self, what: str) -> None:
        """Record that a call was executed."""
        self.executed.append(what)


@tool(effect="read")
async def find(ctx: RunContext[Deps], word: str) -> str:
    """Find the price of an item."""
    ctx.deps.record(f"find {word}")
    return f"{word}: 4 EUR"


@tool(effect="write")
async def order(ctx: RunContext[Deps], item: str, count: int = 1) -> str:
    """Order an item."""
    ctx.deps.record(f"order {count} {item}")
    return f"ordered {count} {item}"


def text_of_task(task: Task) -> str:
    """Return the text of a task, the same in every way to run it."""
    return task.text


worker = Agent(
    "worker",
    model="claude-opus-5-5",
    instructions="You work.",
    input=Task,
    render=text_of_task,
    deps=Deps,
    tools=[find, order],
    retry=FAST,
)
"""The agent that meets the faults."""

pricing: Agent[Deps, Task, Price] = Agent(
    "worker", model=worker.model, instructions="You work.", input=Task, render=text_of_task, output=Price, deps=Deps,
    tools=[find], retry=FAST,
)  # fmt: skip
"""The same, with a typed answer."""

reader = Agent(
    "reader", model="claude-haiku-5-5", instructions="You read.", input=Task, render=text_of_task, retry=FAST
)
"""The agent to which the worker may delegate."""
