"""The agents of the scenarios, and the desk at which they work: what was executed, and how to interrupt it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from agentkit import Agent, Retry, RunContext, tool

FAST = Retry(first_wait_s=0.001)
"""As patient as the default, without the waits."""


@dataclass
class Task:
    """What an agent is to do."""

    text: str


@dataclass
class Price:
    """What a thing costs."""

    eur: float


@dataclass
class Desk:
    """What the tools work on."""

    executed: list[str] = field(default_factory=list[str])
    """What was done, in the order in which it began."""
    cancel: Callable[[], None] = lambda: None
    """Ends the run from outside."""

    def did(self, what: str) -> None:
        """Note that something was executed."""
        self.executed.append(what)


@tool(effect="read")
async def find(ctx: RunContext[Desk], word: str) -> str:
    """Find what a thing costs."""
    ctx.deps.did(f"find {word}")
    return f"{word}: 4 EUR"


@tool(effect="write")
async def order(ctx: RunContext[Desk], item: str, count: int = 1) -> str:
    """Order a thing."""
    ctx.deps.did(f"order {count} {item}")
    return f"ordered {count} {item}"


def text_of_task(task: Task) -> str:
    """A task as its text, the same in every way to run it."""
    return task.text


worker = Agent(
    "worker",
    model="claude-opus-5-5",
    instructions="You work.",
    input=Task,
    render=text_of_task,
    deps=Desk,
    tools=[find, order],
    retry=FAST,
)
"""Who meets the faults."""

pricing: Agent[Desk, Task, Price] = Agent(
    "worker", model=worker.model, instructions="You work.", input=Task, render=text_of_task, output=Price, deps=Desk,
    tools=[find], retry=FAST,
)  # fmt: skip
"""The same, with a typed answer."""

reader = Agent(
    "reader", model="claude-haiku-5-5", instructions="You read.", input=Task, render=text_of_task, retry=FAST
)
"""To whom the worker may delegate."""
