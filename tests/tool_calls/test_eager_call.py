"""The life of one eager call: claimed before or after its end, or discarded; and when two calls ask the same."""

from __future__ import annotations

import anyio
import pytest

from agentkit import ToolFinished, ToolStarted, tool
from agentkit.messages.message import ToolCall
from agentkit.run.steps import Slot, Step
from agentkit.tool_calls.call_result import CallResult
from agentkit.tool_calls.eager_call import DISCARDED, EagerCall
from tests.executing import Heard, call, execution


@tool(effect="read")
async def find(word: str = "", count: int = 0) -> str:
    """Find."""
    await anyio.sleep(count)
    return f"found {word}"


def eager(heard: Heard | None = None, **given: object) -> EagerCall:
    return EagerCall(call("find", 1, **given), 1, execution([find], listener=heard).runner)


def lines(heard: Heard) -> list[str]:
    """Starts and ends of calls, in their order."""
    starts_and_ends = [event for event in heard.events if isinstance(event, ToolStarted | ToolFinished)]
    return [f"{'+' if isinstance(event, ToolStarted) else '-'}{event.call_id}" for event in starts_and_ends]


@pytest.mark.anyio
@pytest.mark.parametrize("is_claimed_first", [True, False])
async def test_a_turn_gets_the_result_once_whenever_it_claims_the_call(is_claimed_first: bool) -> None:
    heard = Heard()
    results: dict[str, CallResult] = {}
    one, claiming = eager(heard, word="tea"), call("find", 1, word="tea")
    async with anyio.create_task_group() as tasks:
        one.start(tasks)
        if not is_claimed_first:
            await anyio.wait_all_tasks_blocked()
        await one.claim(claiming, results)
        await one.finish(Slot("tool:toolu_1", Step("tool:toolu_1", "tool")))
    assert results["toolu_1"].content == "found tea"
    assert lines(heard) == ["+toolu_1", "-toolu_1"]


@pytest.mark.anyio
async def test_under_another_id_it_goes_on_as_the_call_that_claims_it() -> None:
    heard = Heard()
    results: dict[str, CallResult] = {}
    one = eager(heard, word="tea")
    async with anyio.create_task_group() as tasks:
        one.start(tasks)
        await anyio.wait_all_tasks_blocked()
        await one.claim(call("find", 2, word="tea"), results)
        await one.finish(Slot("tool:toolu_2", Step("tool:toolu_2", "tool")))
    assert list(results) == ["toolu_2"]
    assert lines(heard) == ["+toolu_1", "-toolu_1", "+toolu_2", "-toolu_2"]


@pytest.mark.anyio
async def test_a_discarded_call_is_stopped_and_ends_with_an_error() -> None:
    heard = Heard()
    one = eager(heard, count=60)
    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            one.start(tasks)
            await anyio.wait_all_tasks_blocked()
            one.stop()
            await one.discard()
    last = heard.events[-1]
    assert isinstance(last, ToolFinished)
    assert (last.is_error, last.text) == (True, DISCARDED)


def test_calls_ask_the_same_whatever_their_ids_and_the_order_of_their_keys() -> None:
    one = eager(word="tea", count=1)
    assert one.is_same_call(ToolCall("c2", "find", {"count": 1, "word": "tea"}))
    assert one.is_same_call(one.call)
    assert not one.is_same_call(ToolCall("c1", "find", {"word": "tea", "count": 2}))
    assert not one.is_same_call(ToolCall("c1", "look", {"word": "tea", "count": 1}))


def test_a_true_is_not_a_one() -> None:
    assert not eager(count=1).is_same_call(ToolCall("c2", "find", {"count": True}))


SLOT = Slot("tool:toolu_1", Step("tool:toolu_1", "tool"))
