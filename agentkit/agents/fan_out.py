"""Fan-out: many items through one agent concurrently; one result for each item, in order."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterable, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar, cast

import anyio

from agentkit.errors import ConfigurationError, UsageError
from agentkit.log import log
from agentkit.loop.parent_call import enclosing_call, nested_run_id
from agentkit.models.batching.collector import BATCH_WAIT_S
from agentkit.models.endpoint_errors import EndpointError
from agentkit.redaction.redactor import text_without_secrets
from agentkit.run.cleanup import is_current_task_cancelled
from agentkit.run.outcome import Outcome
from agentkit.tool_calls.failures import first_leaf_exception

if TYPE_CHECKING:
    from agentkit.run.result import RunResult

Item = TypeVar("Item")
Out = TypeVar("Out")
RunItem: TypeAlias = "Callable[[Item, str, list[RunResult[object]]], Awaitable[RunResult[Out]]]"
"""Runs one item under the run id that it is given. Where it raises, the list gets the result, as far as it came."""


Progress: TypeAlias = "Callable[[Done[Out] | Failed], Awaitable[None] | None]"
"""Called with each result of a fan-out as it comes, sync or async. An error that it raises ends the fan-out."""
Emit: TypeAlias = "Callable[[Done[Out] | Failed], Awaitable[None]]"
"""Takes each result of a fan-out as it comes; the worker goes on to its next item afterwards."""


@dataclass(frozen=True, slots=True)
class Done(Generic[Out]):
    """An item that has an output."""

    index: int
    """The item's place in what was given, from 0."""
    output: Out
    """The output of the item's run."""
    result: RunResult[Out] = field(repr=False)
    """The run."""


@dataclass(frozen=True, slots=True)
class Failed:
    """An item that has no output; also the error of an iterator that could not go on to its next item."""

    index: int
    """The item's place in what was given, from 0."""
    outcome: Outcome
    """The outcome of the item's run."""
    reason: str
    """The reason for it, in a sentence."""
    result: RunResult[object] | None = field(default=None, repr=False)
    """The result of the run, as far as it came. None if it could not start."""


DEFAULT_CONCURRENCY, BATCH_CONCURRENCY = 16, 10_000
"""Runs at once by default: of direct requests, and of requests that wait in batches."""


@dataclass(frozen=True, slots=True)
class FanOutOptions(Generic[Out]):
    """The options of a fan-out beside those of its runs. Raises UsageError for a value that cannot work."""

    concurrency: int | None = None
    """The most runs at once. None: the default, which is higher for batches."""
    progress: Progress[Out] | None = None
    """Called with each result. None: nothing is."""
    batch: bool = False
    """True: the model calls of the items are made in message batches."""
    batch_wait_s: float = BATCH_WAIT_S
    """Seconds after which a batch is given up, and what it did not come to is requested directly."""

    def __post_init__(self) -> None:
        wait_s = cast("object", self.batch_wait_s)
        if not isinstance(cast("object", self.batch), bool):
            raise UsageError(f"map(batch={self.batch!r}): it takes True or False.")
        if not isinstance(wait_s, int | float) or not wait_s > 0:
            raise UsageError(f"map(batch_wait_s={wait_s!r}): it takes seconds, more than 0.")

    @property
    def most_at_once(self) -> int:
        """The most runs at once."""
        if self.concurrency is not None:
            return self.concurrency
        return BATCH_CONCURRENCY if self.batch else DEFAULT_CONCURRENCY


async def fan_out(
    run_item: RunItem[Item, Out],
    items: Iterable[Item],
    *,
    concurrency: int,
    run_id: str | None,
    emit: Emit[Out],
    names: Sequence[str] | None = None,
    redact: Callable[[str], str] = text_without_secrets,
) -> None:
    """Run every item, at most `concurrency` at once, and emit each result as it comes.

    The run of an item has the id `<run_id>/<name>`; without `names`, it is named by its place.

    One item's failure never costs another's result; items that cannot be read any further end with a `Failed`. `redact`
    takes secrets out of the texts of errors. Raises ConfigurationError for what is missing before anything is sent
    (credentials, a price), and UsageError for what cannot be iterated over.
    """
    if not isinstance(cast("object", concurrency), int) or concurrency < 1:
        raise UsageError(f"map(concurrency={concurrency!r}): it takes the number of items at once, at least one.")
    prefix = run_id or new_run_id()
    unreadable: list[Failed] = []
    waiting = _numbered_items(_iterate(items), prefix, unreadable, redact)

    async def work() -> None:
        for index, item in waiting:
            name = index if names is None else names[index]
            await emit(await _run_item(run_item, index, item, f"{prefix}/{name}", redact))

    try:
        async with anyio.create_task_group() as tasks:
            for number in range(min(concurrency, len(items)) if isinstance(items, Sized) else concurrency):
                tasks.start_soon(work, name=f"map worker {number}")
    except BaseExceptionGroup as group:  # a ConfigurationError, an interrupt or an exit, or of a progress function
        raise first_leaf_exception(group) from None
    for failed in unreadable:
        await emit(failed)


def new_run_id() -> str:
    """Return an id for a fan-out; in a run, the same in every execution of the call that starts it."""
    around = enclosing_call()
    return f"map-{secrets.token_hex(8)}" if around is None else nested_run_id(around, "map")


def _iterate(items: Iterable[Item]) -> Iterator[Item]:
    if isinstance(items, str | bytes | Mapping):
        kind = type(cast("object", items)).__name__
        raise UsageError(f"map takes an iterable of items, not one {kind}: put what is to run into a list.")
    if isinstance(items, AsyncIterable):
        raise UsageError("map takes no async iterable: collect its items first, `[item async for item in items]`.")
    try:
        return iter(items)
    except TypeError as error:
        raise UsageError(f"map takes an iterable of items, such as a list or a generator: {error}.") from error


def _numbered_items(
    items: Iterator[Item], run_id: str, unreadable: list[Failed], redact: Callable[[str], str]
) -> Iterator[tuple[int, Item]]:
    """Yield the items with their places. An error of the iterator itself ends them, as the last of the results."""
    index, cancelled = 0, anyio.get_cancelled_exc_class()  # it may be closed after the end of the event loop
    try:
        for item in items:
            yield index, item
            index += 1
    except (Exception, cancelled) as error:  # noqa: BLE001 - an iterator may raise anything, also the cancellation of a future that it reads
        log().error("the items of a map cannot be read any further", run_id=run_id, index=index, exc_info=error)
        reason = f"The items could not be read any further: {type(error).__name__}: {error}"
        unreadable.append(Failed(index, Outcome.FAILED, redact(reason)))


async def _run_item(
    run_item: RunItem[Item, Out], index: int, item: Item, run_id: str, redact: Callable[[str], str]
) -> Done[Out] | Failed:
    ended: list[RunResult[object]] = []
    try:
        result = await run_item(item, run_id, ended)
    except EndpointError as error:
        return Failed(index, Outcome.FAILED, str(error))
    except ConfigurationError:
        raise
    except (Exception, anyio.get_cancelled_exc_class()) as error:
        if not isinstance(error, Exception) and is_current_task_cancelled():
            raise
        log().error("an item of a map failed", run_id=run_id, index=index, exc_info=error)
        return Failed(index, Outcome.FAILED, redact(f"{type(error).__name__}: {error}"), ended[0] if ended else None)
    if result.answer is None:
        return Failed(index, result.outcome, result.reason, cast("RunResult[object]", result))
    return Done(index, result.answer.value, result)
