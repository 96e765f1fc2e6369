"""Many items at once: a result for each, in order, nothing lost."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest

from agentkit import Agent, ConfigurationError, Done, Failed, Outcome, RunResult, UsageError, tool
from agentkit.agents.fan_out import fan_out
from agentkit.messages.message import JSONObject
from agentkit.simulator import Script, Simulator
from agentkit.testing import Reply, script

pytestmark = pytest.mark.anyio


async def drop(_: object) -> None: ...


agent = Agent("doubler", model="claude-haiku-5-5", output=int)


def double(request: JSONObject) -> Reply:
    said = request["messages"][0]["content"]
    return Reply.refusal("Unlucky.") if said == "13" else Reply.output(int(said) * 2)


async def test_results_are_in_order_and_one_failure_costs_no_other() -> None:
    with script(double):
        results = await agent.map([str(n) for n in range(20)], concurrency=5)
    assert [result.index for result in results] == list(range(20))
    for n, result in enumerate(results):
        if n == 13:
            assert isinstance(result, Failed)
            assert result.outcome is Outcome.REFUSED
            assert "Unlucky" in result.reason
            assert result.result is not None
        else:
            assert isinstance(result, Done)
            assert result.output == 2 * n


async def test_no_more_than_so_many_run_at_once_and_items_are_taken_as_they_are_needed() -> None:
    running = most = taken = 0

    def items() -> Iterator[str]:
        nonlocal taken
        for n in range(12):
            taken += 1
            yield str(n)

    async def one(item: str, run_id: str, _: object) -> RunResult[int]:
        nonlocal running, most
        running += 1
        most = max(most, running)
        assert taken <= running + len(done) + 3
        await anyio.sleep(0.01)
        running -= 1
        done.append(item)
        return await agent.run(item, run_id=run_id)

    done: list[str] = []
    with script(double):
        await fan_out(one, items(), concurrency=3, run_id="m", emit=drop)
    assert most == 3
    assert len(done) == 12


async def test_an_item_that_cannot_be_sent_is_that_items_failure() -> None:
    with script(double):
        results = await agent.map(["1", 5, "2"])  # type: ignore[list-item]  # the wrong type on purpose
    assert [type(result) for result in results] == [Done, Failed, Done]
    failed = results[1]
    assert isinstance(failed, Failed)
    assert "int" in failed.reason


async def test_a_run_whose_deps_fail_to_close_is_not_lost() -> None:
    @asynccontextmanager
    async def shop() -> AsyncGenerator[str]:
        yield "shop"
        raise OSError("the till is stuck")

    with script(lambda _: Reply.text("Tea.")):
        one, other = await Agent("a", model="claude-haiku-5-5", deps=shop).map(["1", "2"])
    assert isinstance(one, Failed)
    assert isinstance(other, Failed)
    assert one.reason == "OSError: the till is stuck"
    assert [failed.result and (failed.result.output, failed.result.usage.requests) for failed in (one, other)] == [
        ("Tea.", 1),
        ("Tea.", 1),
    ]


async def test_what_would_fail_all_alike_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "/nonexistent")
    with pytest.raises(ConfigurationError, match="ANTHROPIC_API_KEY"):
        await agent.map(["1", "2"])


async def test_nothing_to_do_is_done_and_no_concurrency_is_refused() -> None:
    with script():
        assert await agent.map([]) == []
        with pytest.raises(UsageError, match="at least one"):
            await agent.map(["1"], concurrency=0)


async def test_a_cancel_ends_the_map_and_begins_no_further_item() -> None:
    begun: list[str] = []

    async def one(item: str, run_id: str, _: object) -> RunResult[int]:
        begun.append(item)
        await anyio.sleep_forever()
        return await agent.run(item, run_id=run_id)

    with anyio.fail_after(5):
        with anyio.move_on_after(0.02) as scope:
            await fan_out(one, [*"abcdef"], concurrency=2, run_id="m", emit=drop)
    assert scope.cancelled_caught
    assert sorted(begun) == ["a", "b"]


class Exit(BaseException):
    """As an interrupt or an exit: it is no failure of an item."""


class Broken:
    """An iterator that fails once, where it is told to, and would go on."""

    def __init__(self, at: int, error: BaseException) -> None:
        self.at, self.error, self.count = at, error, 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        self.count += 1
        if self.count - 1 == self.at:
            raise self.error
        return str(self.count - 1)


def broken_generator(at: int, error: BaseException) -> Iterator[str]:
    yield from map(str, range(at))
    raise error


@pytest.mark.parametrize("items", [Broken, broken_generator])
@pytest.mark.parametrize(("at", "concurrency"), [(0, 4), (5, 1), (5, 2), (5, 16)])
async def test_an_iterator_that_raises_is_the_last_entry(
    items: Callable[[int, BaseException], Iterator[str]], at: int, concurrency: int
) -> None:
    with script(double):
        results = await agent.map(items(at, OSError("page 6 is torn")), concurrency=concurrency)
    assert [result.index for result in results] == list(range(at + 1))
    assert all(isinstance(result, Done) for result in results[:-1])
    failed = results[-1]
    assert isinstance(failed, Failed)
    assert (failed.outcome, failed.result) == (Outcome.FAILED, None)
    assert "OSError: page 6 is torn" in failed.reason


async def test_any_error_of_an_iterator_is_an_entry_but_an_exit_is_none(anyio_backend: str) -> None:
    errors: list[BaseException] = [ConfigurationError("no folder"), UsageError("not here")]
    if anyio_backend == "asyncio":
        errors.append(asyncio.CancelledError())  # as a cancelled future raises it, whose result the iterator reads
    with script(double):
        for error in errors:
            results = await agent.map(Broken(2, error))
            assert [type(result) for result in results] == [Done, Done, Failed]
        with pytest.raises(Exit):
            await agent.map(Broken(2, Exit()))
        with pytest.raises(UsageError, match="iterable of items"):
            await agent.map(5)  # type: ignore[arg-type]  # the wrong type on purpose


async def test_a_cancellation_of_an_items_own_is_that_items_failure(anyio_backend: str) -> None:
    # As a cancelled future raises it in whoever awaits it; only trio itself makes a Cancelled of its own.
    error = asyncio.CancelledError() if anyio_backend == "asyncio" else ValueError()

    async def one(item: str, run_id: str, _: object) -> RunResult[int]:
        if item == "1":
            raise error
        return await agent.run(item, run_id=run_id)

    async def keep(result: Done[int] | Failed) -> None:
        results.append(result)

    results: list[Done[int] | Failed] = []
    with script(double):
        await fan_out(one, ["0", "1", "2"], concurrency=1, run_id="m", emit=keep)
    assert [type(result) for result in results] == [Done, Failed, Done]


@pytest.mark.soak
async def test_five_thousand_agents_run_at_once() -> None:
    """Each waits in the middle of its run, in a tool, until all are there."""
    there, all_there = 0, anyio.Event()

    @tool(effect="write", timeout_s=600)
    async def meet(name: str) -> str:
        """Wait for the others."""
        nonlocal there
        there += 1
        if there == 5_000:
            all_there.set()
        await all_there.wait()
        return name

    def answer(request: JSONObject) -> Reply:
        name = request["messages"][0]["content"]
        return Reply.tool("meet", name=name) if len(request["messages"]) == 1 else Reply.text(name)

    one = Agent("one", model="claude-haiku-5-5", tools=[meet])
    with script(answer):
        done = await one.map(map(str, range(5_000)), concurrency=5_000)
    assert [item.output for item in done if isinstance(item, Done)] == list(map(str, range(5_000)))


@pytest.mark.parametrize("items", ["abc", b"abc", {"a": 1}, None, 5])
async def test_one_item_by_itself_is_no_iterable_of_items(items: Any) -> None:
    with script(), pytest.raises(UsageError, match="map takes an iterable of items"):
        await agent.map(items)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_cancelled_map_that_somebody_holds_beyond_its_event_loop_is_closed_without_a_word(backend: str) -> None:
    held: list[BaseException] = []

    async def main() -> None:
        async def never(_: JSONObject) -> Reply:
            scope.cancel()
            await anyio.sleep_forever()
            return Reply.text("")

        client = Simulator(Script(never)).client()
        with anyio.CancelScope() as scope:
            try:
                await Agent("a", model="claude-haiku-5-5").map(["one", "two"], concurrency=1, client=client)
            except BaseException as error:
                held.append(error)  # its traceback holds the items
                raise

    anyio.run(main, backend=backend)
    assert len(held) == 1
    held.clear()
    gc.collect()  # what cannot be raised fails the test
