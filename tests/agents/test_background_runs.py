"""Agents that run beside a block of Python."""

from __future__ import annotations

import logging

import anyio
import pytest

from agentkit import Agent, Brief, Budget, Outcome, RunResult, UsageError, stop_over_budget, tool
from agentkit.agents.background_runs import Started, open_background
from agentkit.testing import Reply, script
from tests.agents.delegating import CHILD, Evidence, child, look
from tests.other_loop import in_other_loop

pytestmark = pytest.mark.anyio

reader = Agent("reader", model=CHILD, output=Evidence)


async def test_the_block_goes_on_and_collects_typed_results() -> None:
    with script(child):
        async with open_background() as background:
            tea = background.start(reader.as_tool(), Brief(objective="tea"))
            coffee = background.start(reader.as_tool(), Brief(objective="coffee"))
            assert not tea.is_over
            assert (await coffee.collect()).output == Evidence("coffee")
            assert (await tea.collect()).output.item == "tea"
            assert tea.is_over
    assert [one.handle for one in background.started] == ["reader-1", "reader-2"]


async def test_what_is_cancelled_or_still_runs_is_stopped_and_has_a_result() -> None:
    with script(child):
        async with open_background() as background:
            first = background.start(reader.as_tool(), Brief(objective="hang"))
            second = background.start(reader.as_tool(), Brief(objective="hang"))
            late = background.start(reader.as_tool(timeout_s=0.05), Brief(objective="hang"))
            first.cancel()
            assert (await first.collect()).reason == "It was cancelled."
            assert "0.05 s" in (await late.collect()).reason
    result = await second.collect()
    assert (result.outcome, result.reason) == (
        Outcome.CANCELLED,
        "It was still running when the block around it ended.",
    )


async def test_a_failure_is_raised_where_it_is_collected_and_costs_no_other(caplog: pytest.LogCaptureFixture) -> None:
    needy = Agent("needy", model=CHILD, deps=Evidence, tools=[look])
    with script(child), caplog.at_level(logging.ERROR, logger="agentkit"):
        async with open_background() as background:
            bad = background.start(needy.as_tool(), "Go")
            good = background.start(reader.as_tool(), Brief(objective="tea"))
            with pytest.raises(UsageError, match="deps of type Evidence"):
                await bad.collect()
            assert (await good.collect()).output == Evidence("tea")
    assert "an agent in the background failed" in caplog.text


async def test_an_error_of_the_block_goes_on_as_it_is_when_all_have_ended() -> None:
    started: list[Started[Evidence]] = []

    async def fail() -> None:
        async with open_background() as background:
            started.append(background.start(reader.as_tool(), Brief(objective="hang")))
            raise LookupError("mine")

    with script(child):
        with pytest.raises(LookupError, match="mine"):
            await fail()
        assert started[0].is_over
        with anyio.move_on_after(0.5) as scope:
            async with open_background() as background:
                one = background.start(reader.as_tool(), Brief(objective="hang"))
                await anyio.sleep_forever()
    assert scope.cancelled_caught
    assert one.is_over


async def test_budgets_around_the_block_hold() -> None:
    with script(Reply.output(Evidence("tea"))), stop_over_budget(Budget(max_requests=1)) as spent:
        async with open_background() as background:
            first = background.start(reader.as_tool(), Brief(objective="tea"))
            await first.collect()
            second = background.start(reader.as_tool(), Brief(objective="tea"))
            assert (await second.collect()).outcome is Outcome.BUDGET_EXHAUSTED
    assert spent.requests == 1


async def test_another_thread_cancels_and_collects_and_may_not_start() -> None:
    """In an event loop of its own, of whatever kind."""
    begun = anyio.Event()

    @tool(effect="read")
    async def wait() -> str:
        """Wait for ever."""
        begun.set()
        await anyio.sleep_forever()
        return ""

    patient = Agent("patient", model="claude-haiku-4-5", tools=[wait])

    async def stop_and_collect() -> RunResult[str]:
        with pytest.raises(UsageError, match=r"start\('patient'\)"):
            background.start(patient.as_tool(), "Wait.")
        started.cancel("Enough.")
        return await started.collect()

    with script(Reply.tool("wait")), anyio.fail_after(20):
        async with open_background() as background:
            started = background.start(patient.as_tool(), "Wait.")
            await begun.wait()
            for other in ("asyncio", "trio"):
                result = await in_other_loop(stop_and_collect, other)
                assert (result.outcome, result.reason) == (Outcome.CANCELLED, "Enough.")


async def test_anything_but_an_agent_as_a_tool_and_a_start_after_the_block_are_refused() -> None:
    async with open_background() as background:
        for wrong in (reader, look, None):
            with pytest.raises(UsageError, match=r"takes an agent as a tool, `reader.as_tool\(\)`"):
                background.start(wrong, "Go")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=r"start\('reader'\): the block of .* has ended"):
        background.start(reader.as_tool(), Brief(objective="tea"))
    assert background.started == []
