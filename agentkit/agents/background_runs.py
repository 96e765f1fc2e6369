"""Agents in the background of a block of Python: started, collected, stopped, as a model does with `background(...)`.

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
from agentkit.event_loop import EventLoop
from agentkit.log import log
from agentkit.loop.background_run import StopSignal
from agentkit.run.agent_spec import In, Out
from agentkit.tool_calls.failures import first_leaf_exception

if TYPE_CHECKING:
    from anyio.abc import TaskGroup

    from agentkit.run.result import RunResult

_STILL_RUNNING_AT_BLOCK_END = "It was still running when the block around it ended."


@dataclass(eq=False)
class Started(Generic[Out]):
    """A run in the background. Made by `Background.start`."""

    handle: str
    """The name of the run, counted by agent: `reader-1`."""
    _work: Callable[[StopSignal], Awaitable[RunResult[Out]]] = field(repr=False)
    _loop: EventLoop = field(repr=False)
    _stop_signal: StopSignal = field(default_factory=StopSignal, repr=False)
    _ended: anyio.Event = field(default_factory=anyio.Event, repr=False)
    _result: RunResult[Out] | None = field(default=None, repr=False)
    _error: Exception | None = field(default=None, repr=False)

    @property
    def is_over(self) -> bool:
        """True if the run has ended, so that `collect` does not wait."""
        return self._ended.is_set()

    async def collect(self) -> RunResult[Out]:
        """Wait for the end and return the result, also after a cancel. Raises what only the program can put right."""
        await self._loop.run(self._ended.wait, f"the agent {self.handle!r} in the background")
        if self._result is None:
            raise self._error or UsageError(f"{self.handle} was cancelled together with the block around it.")
        return self._result

    def cancel(self, reason: str = "It was cancelled.") -> None:
        """Stop the run and everything below it, from any thread; its result has what was done, and the reason."""
        self._stop_signal.stop(reason)

    async def run_to_end(self) -> None:
        """Run to the end. Called by `Background.start`."""
        try:
            self._result = await self._work(self._stop_signal)
        except Exception as error:  # noqa: BLE001 - passed by value: `collect` raises it
            log().error("an agent in the background failed", handle=self.handle, exc_info=error)
            self._error = error
        finally:
            self._ended.set()


@dataclass(eq=False)
class Background:
    """The background runs of a block. Made by `open_background`."""

    _tasks: TaskGroup = field(repr=False)
    _loop: EventLoop = field(repr=False)
    started: list[Started[Any]] = field(default_factory=list[Started[Any]])
    """All runs that were started, in order; their results stay available after the block."""
    _counts: Counter[str] = field(default_factory=Counter[str], repr=False)
    _is_over: bool = field(default=False, repr=False)

    def start(self, agent: AgentTool[In, Out], given: In | Brief) -> Started[Out]:
        """Start an agent in the background, under the terms of its `as_tool`, without waiting.

        Raises UsageError for anything but an agent as a tool, in another thread than that of the block, and after it.

        Args:
            agent: The agent as a tool, made by `as_tool`.
            given: Its input, or a `Brief` where that is text.
        """
        if not isinstance(agent, AgentTool):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers may pass any type
            raise UsageError(f"start(...) takes an agent as a tool, `reader.as_tool()`, not {agent!r}")
        if not self._loop.is_current:
            raise UsageError(f"start({agent.name!r}): agents are started in the event loop of their block.")
        if self._is_over:
            raise UsageError(f"start({agent.name!r}): the block of `open_background()` has ended.")
        self._counts[agent.name] += 1
        work = partial(agent.child_body.run_child, agent.child_body.arguments_from_input(given), None)
        one = Started(f"{agent.name}-{self._counts[agent.name]}", work, self._loop)
        self.started.append(one)
        self._tasks.start_soon(one.run_to_end, name=f"agent {one.handle}")
        return one

    def end(self) -> None:
        """Stop what still runs, and start nothing any more. Called at the end of the block."""
        self._is_over = True
        for one in self.started:
            one.cancel(_STILL_RUNNING_AT_BLOCK_END)


@asynccontextmanager
async def open_background() -> AsyncGenerator[Background]:
    """Open a block that starts agents in the background. Runs still going on at its end are stopped and awaited.

    One agent's failure does not affect the others. An exception of the block propagates unchanged. As with any task
    group, the block belongs in a coroutine: an async generator that yields inside it may never come back to close it.
    """
    loop = EventLoop.current()
    failure: Exception | None = None
    try:
        async with anyio.create_task_group() as tasks:
            background = Background(tasks, loop)
            try:
                yield background
            except Exception as error:  # noqa: BLE001 - raised below: in the group it would cancel the runs
                failure = error
            finally:
                background.end()
    except BaseExceptionGroup as group:
        raise first_leaf_exception(group) from None
    if failure is not None:
        raise failure
