"""When the credentials are refused, nobody in the tree asks any more; what is coming still comes."""

from __future__ import annotations

import anyio
import anyio.lowlevel
import pytest

from agentkit.errors import ModelError
from agentkit.models.stop_flag import Tree

pytestmark = pytest.mark.anyio


def refused(status: int = 401) -> ModelError:
    return ModelError("invalid x-api-key", kind="authentication_error", status=status, request_id="req_1")


def test_a_tree_in_order_lets_everyone_ask() -> None:
    tree = Tree()
    tree.check()
    tree.saw(ModelError("Overloaded", kind="overloaded_error", status=529, is_retryable=True))
    tree.check()


@pytest.mark.parametrize("status", [401, 403])
def test_after_a_refusal_no_call_is_made_and_the_reason_is_told(status: int) -> None:
    tree = Tree()
    tree.saw(refused(status))
    tree.saw(refused(500))
    with pytest.raises(ModelError, match=r"No call was made.*invalid x-api-key") as error:
        tree.check()
    assert (error.value.status, error.value.kind, error.value.request_id) == (status, "authentication_error", "req_1")
    assert not error.value.is_retryable


async def test_whoever_waits_is_told_at_once() -> None:
    tree, told = Tree(), 0

    async def wait() -> None:
        nonlocal told
        with pytest.raises(ModelError, match="elsewhere"), tree.waiting():
            await anyio.sleep_forever()
        told += 1

    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            for _ in range(3):
                tasks.start_soon(wait)
            await anyio.wait_all_tasks_blocked()
            tree.saw(refused())
    assert told == 3


async def test_whose_reply_is_coming_goes_on() -> None:
    tree = Tree()
    with tree.waiting() as begin:
        tree.stop_waiting(begin)
        tree.saw(refused())
        await anyio.lowlevel.checkpoint()
    with pytest.raises(ModelError), tree.waiting():
        raise AssertionError("nobody waits any more")


async def test_a_wait_that_is_over_is_not_ended_later() -> None:
    tree = Tree()
    with tree.waiting():
        await anyio.lowlevel.checkpoint()
    tree.saw(refused())
    await anyio.lowlevel.checkpoint()


async def test_a_cancel_from_outside_stays_one() -> None:
    tree = Tree()
    with anyio.move_on_after(0) as scope:
        with tree.waiting():
            await anyio.sleep_forever()
    assert scope.cancelled_caught
    tree.check()
