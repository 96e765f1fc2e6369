"""When the credentials are refused, nobody in the tree asks any more; what is coming still comes."""

from __future__ import annotations

import threading

import anyio
import anyio.lowlevel
import anyio.to_thread
import pytest

from agentkit.errors import ModelError
from agentkit.models.stop_flag import StopFlag
from tests.other_loop import in_other_loop

pytestmark = pytest.mark.anyio


def refused(status: int = 401) -> ModelError:
    return ModelError("invalid x-api-key", kind="authentication_error", status=status, request_id="req_1")


def test_a_tree_in_order_lets_everyone_ask() -> None:
    tree = StopFlag()
    tree.raise_if_set()
    tree.record(ModelError("Overloaded", kind="overloaded_error", status=529, is_retryable=True))
    tree.raise_if_set()


@pytest.mark.parametrize("status", [401, 403])
def test_after_a_refusal_no_call_is_made_and_the_reason_is_told(status: int) -> None:
    tree = StopFlag()
    tree.record(refused(status))
    tree.record(refused(500))
    with pytest.raises(ModelError, match=r"No call was made.*invalid x-api-key") as error:
        tree.raise_if_set()
    assert (error.value.status, error.value.kind, error.value.request_id) == (status, "authentication_error", "req_1")
    assert not error.value.is_retryable


async def test_whoever_waits_is_told_at_once() -> None:
    tree, told = StopFlag(), 0

    async def wait() -> None:
        nonlocal told
        with pytest.raises(ModelError, match="elsewhere"), tree.cancellable_wait():
            await anyio.sleep_forever()
        told += 1

    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            for _ in range(3):
                tasks.start_soon(wait)
            await anyio.wait_all_tasks_blocked()
            tree.record(refused())
    assert told == 3


async def test_whose_reply_is_coming_goes_on() -> None:
    tree = StopFlag()
    with tree.cancellable_wait() as begin:
        tree.remove_waiting_scope(begin)
        tree.record(refused())
        await anyio.lowlevel.checkpoint()
    with pytest.raises(ModelError), tree.cancellable_wait():
        raise AssertionError("nobody waits any more")


async def test_a_wait_that_is_over_is_not_ended_later() -> None:
    tree = StopFlag()
    with tree.cancellable_wait():
        await anyio.lowlevel.checkpoint()
    tree.record(refused())
    await anyio.lowlevel.checkpoint()


async def test_a_cancel_from_outside_stays_one() -> None:
    tree = StopFlag()
    with anyio.move_on_after(0) as scope:
        with tree.cancellable_wait():
            await anyio.sleep_forever()
    assert scope.cancelled_caught
    tree.raise_if_set()


@pytest.mark.parametrize("other", ["asyncio", "trio"])
async def test_waits_in_other_event_loops_are_cancelled_there(other: str) -> None:
    tree, waiting, told = StopFlag(), threading.Event(), list[str]()

    async def wait_elsewhere() -> None:
        flag = tree.for_this_loop()
        assert (flag is tree, flag.for_this_loop() is flag) == (False, True)
        try:
            with flag.cancellable_wait():
                waiting.set()
                await anyio.sleep_forever()
        except ModelError as error:
            told.append(str(error))

    assert tree.for_this_loop() is tree
    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(in_other_loop, wait_elsewhere, other)
            await anyio.to_thread.run_sync(waiting.wait, 5)
            tree.record(refused())
    assert "invalid x-api-key" in told[0]


def test_a_refusal_of_an_earlier_execution_is_lifted_by_whoever_has_gone_on_after_it() -> None:
    tree = StopFlag()
    tree.record_replayed(refused(500), "r/c1")
    tree.raise_if_set()
    tree.record_replayed(refused(), "r/c1")
    tree.lift("r/c2")  # a sibling may have been answered before
    with pytest.raises(ModelError, match="No call was made"):
        tree.raise_if_set()
    tree.lift("r")
    tree.raise_if_set()
    tree.record(refused())
    tree.record_replayed(refused(), "r/c1")
    tree.lift("r")  # in this execution the API has refused them, too
    with pytest.raises(ModelError, match="No call was made"):
        tree.raise_if_set()


def test_a_recorded_refusal_that_names_another_one_is_not_named_twice() -> None:
    tree, later = StopFlag(), StopFlag()
    tree.record(refused())
    with pytest.raises(ModelError) as first:
        tree.raise_if_set()
    later.record_replayed(first.value, "r/c1")
    with pytest.raises(ModelError) as again:
        later.raise_if_set()
    assert str(again.value) == str(first.value)
