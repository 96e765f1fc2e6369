"""Agents that run beside a block of Python: started, collected, stopped, as a model does with `background(...)`.

async with open_background() as background:
    tea = background.start(reader.as_tool(timeout_s=60), "What does tea cost?")
    coffee = background.start(reader.as_tool(), "What does coffee cost?")
    ...
    result = await tea.collect()
    coffee.cancel()
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Generic

import anyio

from agentkit.agents.agent_tool import AgentTool, Brief
from agentkit.errors import UsageError
from agentkit.log import log
from agentkit.loop.child_runs import OffSwitch
from agentkit.run.agent_spec import In, Out
from agentkit.tool_calls.executor import first_leaf

if TYPE_CHECKING:
    from anyio.abc import TaskGroup

    from agentkit.run.result import RunResult

_BLOCK_ENDED = "It was still running when the block around it ended."


@dataclass(eq=False)
class Started(Generic[Out]):
    """A run in the background. Made by `Background.start`."""

    handle: str
    """Its name, counted by agent: `reader-1`."""
    _work: Callable[[OffSwitch], Awaitable[RunResult[Out]]] = field(repr=False)
    _off: OffSwitch = field(default_factory=OffSwitch, repr=False)
    _end: anyio.Event = field(default_factory=anyio.Event, repr=False)
    _result: RunResult[Out] | None = field(default=None, repr=False)
    _error: Exception | None = field(default=None, repr=False)

    @property
    def is_over(self) -> bool:
        """Whether it has ended, so that `collect` does not wait."""
        return self._end.is_set()

    async def collect(self) -> RunResult[Out]:
        """Wait for its end and return its result, also after a cancel. Raises what only the program can put right."""
        await self._end.wait()
        if self._result is None:
            raise self._error or UsageError(f"{self.handle} was cancelled together with the block around it.")
        return self._result

    def cancel(self, reason: str = "It was cancelled.") -> None:
        """Stop it and everything below it; its result is what it had, and says the reason."""
        self._off.turn_off(reason)

    async def perform(self) -> None:
        """Run it to its end: `Background.start` sees to that."""
        try:
            self._result = await self._work(self._off)
        except Exception as error:  # noqa: BLE001 - carried by value: it is raised where it is collected
            log().error("an agent in the background failed", handle=self.handle, exc_info=error)
            self._error = error
        finally:
            self._end.set()


@dataclass(eq=False)
class Background:
    """What runs beside a block. Made by `open_background`."""

    _tasks: TaskGroup = field(repr=False)
    started: list[Started[Any]] = field(default_factory=list[Started[Any]])
    """All that were started, in order; their results stay when the block has ended."""
    _counts: Counter[str] = field(default_factory=Counter[str], repr=False)

    def start(self, agent: AgentTool[In, Out], given: In | Brief) -> Started[Out]:
        """Run an agent beside the block, on the terms of its `as_tool`. Does not wait."""
        self._counts[agent.name] += 1
        work = partial(agent.child.perform, agent.child.arguments(given), None)
        one = Started(f"{agent.name}-{self._counts[agent.name]}", work)
        self.started.append(one)
        self._tasks.start_soon(one.perform, name=f"agent {one.handle}")
        return one


@asynccontextmanager
async def open_background() -> AsyncGenerator[Background]:
    """Start agents in the block and go on meanwhile. What still runs at its end is stopped, and waited for.

    One agent's failure costs no other its result. An exception of the block goes on as it is. As with any task group,
    the block belongs in a coroutine: an async generator that yields inside of it may never come back to close it.
    """
    failure: Exception | None = None
    try:
        async with anyio.create_task_group() as tasks:
            background = Background(tasks)
            try:
                yield background
            except Exception as error:  # noqa: BLE001 - raised below: in the group it would cut the runs short
                failure = error
            finally:
                for one in background.started:
                    one.cancel(_BLOCK_ENDED)
    except BaseExceptionGroup as group:
        raise first_leaf(group) from None
    if failure is not None:
        raise failure
