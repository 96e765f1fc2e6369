"""The items of a cascade, one or many, from sync and async iterables, and the workers that take one after another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sized
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar, cast

import anyio

from agentkit.errors import UsageError
from agentkit.log import log
from agentkit.redaction.redactor import text_without_secrets
from agentkit.run.cleanup import is_current_task_cancelled
from agentkit.tool_calls.failures import first_leaf_exception

if TYPE_CHECKING:
    from agentkit.run.agent_spec import AnySpec

Item = TypeVar("Item")
ManyItems: TypeAlias = "Iterable[Item] | AsyncIterable[Item]"
"""Many items, of which each is a prompt."""


def are_many(given: object, agent: AnySpec) -> bool:
    """Return True for many items, False for one: a text, or any other value that the agent takes."""
    if isinstance(given, AsyncIterable):
        return True
    takes: Any = agent.input
    if not isinstance(given, Iterable) or isinstance(given, str | bytes | Mapping):
        return False
    return not (isinstance(takes, type) and isinstance(cast("object", given), takes))


@dataclass(slots=True)
class ItemSource(Generic[Item]):
    """Hands out items with their places, one at a time. An error of the iterable ends them."""

    items: Iterator[Item] | AsyncIterator[Item]
    error: str = ""
    """The error that ended the items. Empty: there was none."""
    _count: int = field(default=0, init=False)
    _is_over: bool = field(default=False, init=False)
    _lock: anyio.Lock = field(default_factory=anyio.Lock, init=False)

    @classmethod
    def of(cls, given: ManyItems[Item]) -> ItemSource[Item]:
        """Return the source of some items. Raises UsageError for what cannot be iterated over."""
        try:
            return cls(aiter(given) if isinstance(given, AsyncIterable) else iter(given))
        except TypeError as error:
            raise UsageError(f"A cascade takes an input, or an iterable of inputs: {error}.") from error

    async def next(self) -> tuple[int, Item] | None:
        """Return the next item and its place, from 0. None: there is none."""
        async with self._lock:
            if self._is_over:
                return None
            try:
                item = await anext(self.items) if isinstance(self.items, AsyncIterator) else next(self.items)
            except (StopIteration, StopAsyncIteration):
                self._is_over = True
                return None
            except (Exception, asyncio.CancelledError, anyio.get_cancelled_exc_class()) as error:
                if not isinstance(error, Exception) and is_current_task_cancelled():
                    raise
                self._is_over = True
                log().error("the items of a cascade cannot be read any further", index=self._count, exc_info=error)
                self.error = text_without_secrets(
                    f"The items could not be read any further: {type(error).__name__}: {error}"
                )
                return None
            self._count += 1
            return self._count - 1, item


async def work_on(
    given: ManyItems[Item], concurrency: int, solve: Callable[[int, Item], Awaitable[None]]
) -> ItemSource[Item]:
    """Work on every item, at most `concurrency` at once, and return their source, with its error.

    Raises UsageError for what cannot be iterated over, and whatever `solve` raises.
    """
    if not isinstance(cast("object", concurrency), int) or isinstance(concurrency, bool) or concurrency < 1:
        raise UsageError(f"cascade(concurrency={concurrency!r}): it takes the number of items at once, at least one.")
    source = ItemSource[Item].of(given)

    async def work() -> None:
        while (found := await source.next()) is not None:
            await solve(*found)

    try:
        async with anyio.create_task_group() as tasks:
            for number in range(min(concurrency, len(given)) if isinstance(given, Sized) else concurrency):
                tasks.start_soon(work, name=f"cascade worker {number}")
    except BaseExceptionGroup as group:
        raise first_leaf_exception(group) from None
    return source
