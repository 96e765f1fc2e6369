"""Middleware of the user with a guard around it: time to clean up after a cancellation, and a check of its result."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar, cast

import anyio

from agentkit.errors import AgentkitError, UsageError
from agentkit.log import log
from agentkit.messages.message import AssistantTurn
from agentkit.run.cleanup import CancellationObserver, CleanupTime
from agentkit.run.middleware import AroundModel, AroundTool

Call = TypeVar("Call")
Answer = TypeVar("Answer")


class ProgramFault(UsageError):
    """A mistake of the program that no further turn repairs. The run ends as `failed`, and this text is the reason."""


def guard_model_middleware(around: Sequence[AroundModel]) -> list[AroundModel]:
    """Return the functions of `around_model`, each with its guard."""
    return [GuardedMiddleware(one, "around_model", (AssistantTurn,)) for one in around]


def guard_tool_middleware(around: Sequence[AroundTool]) -> list[AroundTool]:
    """Return the functions of `around_tool`, each with its guard."""
    return [GuardedMiddleware(one, "around_tool", (str, list)) for one in around]


@dataclass(frozen=True, slots=True)
class GuardedMiddleware(Generic[Call, Answer]):
    """One middleware of the user, called as any other."""

    function: Callable[[Call, Callable[[Call], Awaitable[Answer]]], Awaitable[Answer]]
    option: str
    """The option of the agent that names it: `around_model` or `around_tool`."""
    result_types: tuple[type, ...]
    """The types that a result may have."""

    async def __call__(self, call: Call, next: Callable[[Call], Awaitable[Answer]]) -> Answer:
        """Call the middleware. Raises ProgramFault for a result of another type."""
        time = CleanupTime(f"the middleware `{self.name}`")
        own_task = anyio.get_current_task().id

        async def guarded_next(call: Call) -> Answer:
            is_own_task = anyio.get_current_task().id == own_task  # not in a task group of the middleware
            time.is_paused = time.is_paused or is_own_task
            try:
                answer = await next(call)
            except GeneratorExit:
                raise
            except BaseException as error:
                if is_own_task:
                    time.is_paused = False
                    time.start_if_cancelled(error)
                elif isinstance(error, anyio.get_cancelled_exc_class()):
                    time.cancellation = error
                raise
            if is_own_task:
                time.is_paused = False
                time.start_if_cancelled(None)
            return answer

        with time:
            returned: object = self.function(call, guarded_next)
            if not inspect.isawaitable(returned):
                raise self._fault(returned, "make it an `async def`")
            try:
                answer: object = await CancellationObserver(returned, time)
            except BaseExceptionGroup as group:
                if leaf := _known_leaf(group):
                    raise leaf from group
                raise
            if not isinstance(answer, self.result_types):
                raise self._fault(answer, "return what `next(call)` returns, or a value of its type")
            return answer  # type: ignore[return-value]
        await time.raise_if_over(None)
        raise ProgramFault(f"The middleware `{self.name}` ({self.option}) did not end in time after a cancellation.")

    @property
    def name(self) -> str:
        """The name of the function, for texts."""
        function: object = self.function
        while isinstance(function, functools.partial):
            function = function.func
        return getattr(function, "__qualname__", None) or type(function).__qualname__

    def _fault(self, returned: object, advice: str) -> ProgramFault:
        what = "nothing" if returned is None else f"a value of type {type(returned).__name__}"
        text = f"The middleware `{self.name}` ({self.option}) returned {what}: {advice}."
        log().error(text, middleware=self.name)
        return ProgramFault(text)


def _known_leaf(group: BaseExceptionGroup[BaseException]) -> BaseException | None:
    """Return one exception that stands for the group of a task group: a cancellation, else the first of its leaves.

    None: a leaf is an exception that a call cannot raise by itself, so that the group says more than one of them.
    """
    cancelled = anyio.get_cancelled_exc_class()
    leaves = list(_leaves_of(group))
    if not all(isinstance(leaf, (AgentkitError, cancelled)) for leaf in leaves):
        return None
    return next((leaf for leaf in leaves if isinstance(leaf, cancelled)), leaves[0])


def _leaves_of(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves_of(cast("BaseExceptionGroup[BaseException]", error))
        else:
            yield error
