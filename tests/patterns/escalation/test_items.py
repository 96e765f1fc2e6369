"""The items of a cascade: as many results as items, whatever the functions of the user do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from agentkit import Agent
from agentkit.patterns import Agreement, AnyLevel, CascadeResult, cascade
from agentkit.patterns.escalation.checks import Check
from agentkit.testing import script
from tests.patterns.escalation.workers import HAIKU, LEVELS, ONCE, is_good, play

pytestmark = pytest.mark.anyio

ITEMS = ["easy 0", "easy 1", "easy 2"]


async def await_what_was_cancelled() -> None:
    raise asyncio.CancelledError


@pytest.mark.parametrize("concurrency", [1, 3])
async def test_a_cancellation_of_its_own_costs_an_item_its_answer_and_no_other_its_result(concurrency: int) -> None:
    async def check(answer: str, item: str) -> None:
        if item == ITEMS[1]:
            await await_what_was_cancelled()

    def key(answer: str) -> str:
        raise asyncio.CancelledError

    async def deps() -> str:
        await await_what_was_cancelled()
        return ""

    with script(play):
        results = await cascade(ITEMS, levels=LEVELS, check=check, concurrency=concurrency)
        assert [one.solved for one in results] == [True, False, True]
        assert "the check 'check' raised RuntimeError: it was cancelled" in results.gaps[0]
        agents: list[tuple[list[AnyLevel[str, str]], Check]] = [
            ([Agent("a", model=HAIKU, retry=ONCE)], Agreement(2, key=key)),
            ([Agent("a", model=HAIKU, retry=ONCE, deps=deps)], [is_good, Agreement[str](2)]),
        ]
        for levels, agreement in agents:
            failed = await cascade(ITEMS, levels=levels, check=agreement, concurrency=concurrency)
            assert (len(failed), failed.ok) == (3, False)
            assert "it was cancelled, although nothing around it was" in failed[0].reason


async def test_a_cancellation_of_the_items_or_of_the_progress_is_said() -> None:
    async def items() -> AsyncIterator[str]:
        yield ITEMS[0]
        await await_what_was_cancelled()

    async def progress(result: CascadeResult) -> None:
        if result.index == 1:
            await await_what_was_cancelled()

    with script(play):
        results = await cascade(items(), levels=LEVELS, check=is_good)
        assert (len(results), results[0].solved, results.ok) == (1, True, False)
        assert "could not be read any further: CancelledError" in results.unreadable
        with pytest.raises(RuntimeError, match="the function of progress= was cancelled"):
            await cascade(ITEMS, levels=LEVELS, check=is_good, progress=progress)
