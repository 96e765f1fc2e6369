"""What a tool knows of its call, and how it reports progress."""

from __future__ import annotations

import dataclasses

import anyio.lowlevel
import pytest

from agentkit import RunContext, Tool, tool
from agentkit.tools.run_context import CallServices, services_of


class Progress:
    """Listens."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, float | None, float | None]] = []

    def __call__(self, message: str, done: float | None, total: float | None) -> None:
        self.seen.append((message, done, total))


def context(listener: Progress) -> RunContext[None]:
    return RunContext(deps=None, _services=CallServices(progress_listener=listener))


@tool
def count(ctx: RunContext[None], total: int) -> str:
    for done in range(total):
        ctx.progress("counting", done=done, total=total)
    return "counted"


@tool
async def count_async(ctx: RunContext[None], total: int) -> str:
    for done in range(total):
        ctx.progress("counting", done=done, total=total)
        await anyio.lowlevel.checkpoint()
    return "counted"


@pytest.mark.anyio
@pytest.mark.parametrize("counter", [count, count_async], ids=["sync", "async"])
async def test_progress_comes_at_once_and_in_order(counter: Tool[..., object]) -> None:
    listener = Progress()
    assert await counter.call({"total": 3}, context(listener)) == "counted"
    assert listener.seen == [("counting", done, 3) for done in range(3)]


@pytest.mark.anyio
async def test_progress_without_a_listener_goes_nowhere() -> None:
    assert await count.call({"total": 2}, RunContext(deps=None)) == "counted"


def test_progress_needs_no_more_than_words() -> None:
    listener = Progress()
    context(listener).progress("half-way")
    assert listener.seen == [("half-way", None, None)]


def test_the_idempotency_key_is_the_calls_whatever_the_attempt() -> None:
    first = RunContext(deps=None, run_id="order-17", call_id="toolu_1")
    second = dataclasses.replace(first, attempt=2)
    other = dataclasses.replace(first, call_id="toolu_2")
    assert first.idempotency_key == second.idempotency_key == "order-17:toolu_1"
    assert other.idempotency_key != first.idempotency_key


def test_a_context_is_frozen_and_shows_what_tools_may_use_only() -> None:
    ctx = dataclasses.replace(context(Progress()), attempt=2)
    with pytest.raises(dataclasses.FrozenInstanceError):
        ctx.attempt = 3  # type: ignore[misc]  # what is being tested
    assert ctx == RunContext(deps=None, attempt=2)
    assert repr(ctx) == "RunContext(deps=None, run_id='run', agent='', call_id='', attempt=2)"
    assert services_of(ctx).progress_listener is not None
    public = {"add_content", "agent", "attempt", "call_id", "deps", "idempotency_key", "progress", "run_id"}
    assert {name for name in dir(ctx) if not name.startswith("_")} == public
