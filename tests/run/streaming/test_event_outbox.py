"""The channel of events: in order, none lost or sent twice by a cancellation, and a run that waits for its reader."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import anyio
import anyio.lowlevel
import pytest

from agentkit import TextDelta
from agentkit.run.streaming.event_outbox import EventOutbox

pytestmark = pytest.mark.anyio


def event(text: str) -> TextDelta:
    return TextDelta(run_id="r", path=("a",), parent_call_id=None, text=text)


async def text_of_next(outbox: EventOutbox) -> str | None:
    received = await outbox.receive()
    return received.text if isinstance(received, TextDelta) else None


async def left_in(outbox: EventOutbox) -> list[str]:
    """Close the outbox, and return what a reader still gets."""
    outbox.close()
    return [text async for text in texts_of(outbox)]


async def texts_of(outbox: EventOutbox) -> AsyncGenerator[str]:
    while (text := await text_of_next(outbox)) is not None:
        yield text


async def test_a_sender_waits_until_its_event_is_taken_or_a_reader_waits_for_it() -> None:
    outbox, sent = EventOutbox(), list[str]()

    async def send(*texts: str) -> None:
        for text in texts:
            await outbox.send(event(text))
            sent.append(text)

    async with anyio.create_task_group() as tasks:
        outbox.send_soon(event("soon"))
        tasks.start_soon(send, "a", "b")
        await anyio.wait_all_tasks_blocked()
        assert sent == []
        assert [await text_of_next(outbox), await text_of_next(outbox)] == ["soon", "a"]
        await anyio.wait_all_tasks_blocked()
        assert (sent, await text_of_next(outbox)) == (["a"], "b")
        await anyio.wait_all_tasks_blocked()
        tasks.start_soon(text_of_next, outbox)
        await anyio.wait_all_tasks_blocked()
        await send("c")  # one that waits takes it: nobody has to wait for that
        tasks.start_soon(text_of_next, outbox)
        await anyio.wait_all_tasks_blocked()
        tasks.start_soon(send, "d", "e")  # but it takes one only
        await anyio.wait_all_tasks_blocked()
        assert (sent, await text_of_next(outbox)) == (["a", "b", "c", "d"], "e")
    assert (sent, await left_in(outbox)) == (["a", "b", "c", "d", "e"], [])


async def test_a_reader_that_looks_for_an_event_again_and_again_leaves_nothing_behind() -> None:
    outbox = EventOutbox()
    for _ in range(20):
        with anyio.move_on_after(0.001):
            await outbox.receive()
    assert not outbox._arrivals  # pyright: ignore[reportPrivateUsage]
    outbox.send_soon(event("a"))
    assert await text_of_next(outbox) == "a"


async def test_a_cancelled_reader_takes_no_event() -> None:
    outbox, got = EventOutbox(), list[str | None]()

    async def read(scope: anyio.CancelScope) -> None:
        with scope:
            got.append(await text_of_next(outbox))

    outbox.send_soon(event("a"))
    outbox.send_soon(event("b"))
    with anyio.move_on_after(0):
        got.append(await text_of_next(outbox))
    with anyio.CancelScope() as own:
        got.append(await text_of_next(outbox))
        own.cancel()  # between two events: it reads no further, although there is one
        got.append(await text_of_next(outbox))
    assert got == ["a"]
    assert await text_of_next(outbox) == "b"
    async with anyio.create_task_group() as tasks:
        before, after = anyio.CancelScope(), anyio.CancelScope()
        tasks.start_soon(read, before)
        tasks.start_soon(read, after)
        await anyio.wait_all_tasks_blocked()
        before.cancel()
        outbox.send_soon(event("c"))
        outbox.send_soon(event("d"))
        after.cancel()  # in one step with the events that it waits for
    assert sorted([*map(str, got[1:]), *await left_in(outbox)]) == ["c", "d"]


async def test_a_cancelled_sender_withdraws_its_event_unless_it_was_taken() -> None:
    outbox, scopes = EventOutbox(), [anyio.CancelScope() for _ in range(3)]

    async def send(scope: anyio.CancelScope, text: str) -> None:
        with scope:
            await outbox.send(event(text))

    async with anyio.create_task_group() as tasks:
        for scope, text in zip(scopes, "abc", strict=True):
            tasks.start_soon(send, scope, text)
            await anyio.wait_all_tasks_blocked()
        scopes[1].cancel()
        await anyio.wait_all_tasks_blocked()
        scopes[0].cancel()  # in one step with the reader that takes it
        assert await text_of_next(outbox) in {"a", "c"}
        with anyio.CancelScope() as cancelled:
            cancelled.cancel()
            await outbox.send(event("never"))
        tasks.cancel_scope.cancel()
    assert await left_in(outbox) == []


async def test_each_event_goes_to_one_of_several_readers_and_the_end_to_all() -> None:
    outbox, got = EventOutbox(), list[str]()

    async def read() -> None:
        async for text in texts_of(outbox):
            got.append(text)
            await anyio.lowlevel.checkpoint()

    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(read)
            tasks.start_soon(read)
            for number in range(20):
                await outbox.send(event(str(number)))
            outbox.close()
    assert got == [str(number) for number in range(20)]


async def test_a_closed_reader_lets_senders_go_and_drops_events() -> None:
    outbox = EventOutbox()
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            for text in "ab":
                tasks.start_soon(outbox.send, event(text))
            await anyio.wait_all_tasks_blocked()
            outbox.close_reader()
        await outbox.send(event("c"))
        outbox.send_soon(event("d"))
        assert await outbox.receive() is None


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_task_that_asyncio_cancels_neither_loses_nor_repeats_an_event() -> None:
    """With every order of the cancellation, the event and the other side, in one step of the event loop."""
    for is_cancelled_first in (True, False):
        outbox = EventOutbox()
        reader = asyncio.ensure_future(outbox.receive())
        await anyio.wait_all_tasks_blocked()
        if is_cancelled_first:
            reader.cancel()
        outbox.send_soon(event("a"))
        if not is_cancelled_first:
            reader.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reader
        assert await text_of_next(outbox) == "a"

        sender = asyncio.ensure_future(outbox.send(event("b")))
        await anyio.wait_all_tasks_blocked()
        if is_cancelled_first:
            sender.cancel()
        assert await text_of_next(outbox) == "b"
        if not is_cancelled_first:
            sender.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sender
        assert await left_in(outbox) == []
