"""Budgets around a block of code: nestable, one form raises, the other ends quietly."""

from __future__ import annotations

import anyio
import pytest

from agentkit import Agent, Budget, BudgetExceeded, Outcome, fail_over_budget, stop_over_budget, tool
from agentkit.messages.message import JSONObject
from agentkit.run.scope import enclosing_blocks, share_budget
from agentkit.testing import Reply, script

pytestmark = pytest.mark.anyio

reader = Agent("reader", model="claude-haiku-5-5")


def say(request: JSONObject) -> Reply:
    return Reply.text("Tea.")


async def test_all_runs_of_a_block_share_its_budget_and_end_quietly() -> None:
    with script(say) as s, stop_over_budget(Budget(max_requests=2)) as spent:
        results = [await reader.run("Go") for _ in range(4)]
    assert [result.outcome for result in results] == [Outcome.COMPLETED] * 2 + [Outcome.BUDGET_EXHAUSTED] * 2
    assert "the block does not cover another call: max_requests=2: 2 requests spent" in results[2].reason
    assert (len(s.requests), spent.requests, spent.is_exhausted) == (2, 2, True)


async def test_a_block_says_what_was_spent_in_it() -> None:
    with script(say), stop_over_budget(Budget(max_cost_usd=1)) as spent:
        result = await reader.run("Go")
        assert spent.cost_usd == result.cost.usd
    assert (spent.input_tokens, spent.output_tokens) == (result.usage.prompt_tokens, result.usage.output_tokens)
    assert (spent.requests, spent.is_exhausted) == (1, False)


async def three_runs(ended: list[Outcome], error: Exception | None = None) -> None:
    with fail_over_budget(Budget(max_requests=1)):
        for _ in range(3):
            result = await reader.run("Go")
            ended.append(result.outcome)
        if error is not None:
            raise error


async def test_the_form_that_raises_does_so_when_the_block_is_over_and_everything_has_returned() -> None:
    ended: list[Outcome] = []
    with script(say), pytest.raises(BudgetExceeded, match=r"Budget\(max_requests=1\).*1 request made"):
        await three_runs(ended)
    assert ended == [Outcome.COMPLETED, Outcome.BUDGET_EXHAUSTED, Outcome.BUDGET_EXHAUSTED]


async def test_the_form_that_raises_is_silent_when_everything_fitted() -> None:
    with script(say), fail_over_budget(Budget(max_requests=1)) as spent:
        assert (await reader.run("Go")).ok
    assert spent.requests == 1


async def test_an_exception_of_the_block_goes_before_the_budgets_own() -> None:
    with script(say), pytest.raises(LookupError):
        await three_runs([], LookupError())


async def test_a_prompt_that_only_had_to_be_counted_exhausts_nothing() -> None:
    """The bound would refuse a long prompt, the server's own count does not."""
    with script(say), fail_over_budget(Budget(max_input_tokens=1_500)) as spent:
        assert (await reader.run("x" * 2_000)).ok
    assert 400 < spent.input_tokens < 600


async def test_blocks_nest_and_a_run_has_to_fit_into_all() -> None:
    with script(say), stop_over_budget(Budget(max_requests=3)) as outer:
        with stop_over_budget(Budget(max_requests=2)) as inner:
            outcomes = [(await reader.run("Go")).outcome for _ in range(3)]
        assert outcomes[-1] is Outcome.BUDGET_EXHAUSTED
        assert (inner.is_exhausted, outer.is_exhausted) == (True, False)
        assert (await reader.run("Go")).ok
        assert not (await reader.run("Go")).ok
    assert (inner.requests, outer.requests, outer.is_exhausted) == (2, 3, True)
    assert enclosing_blocks().accounts == ()


async def test_a_block_holds_for_sub_agents_and_maps_and_tasks_begun_in_it() -> None:
    with script(say) as s, stop_over_budget(Budget(max_requests=3)):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(reader.map, ["a", "b", "c"])
            tasks.start_soon(reader.map, ["d", "e", "f"])
    assert len(s.requests) == 3


async def test_other_code_of_the_block_is_not_limited() -> None:
    @tool
    def add(a: int, b: int) -> int:
        """Add."""
        return a + b

    with stop_over_budget(Budget(max_requests=1)) as spent:
        assert add(1, 2) == 3
    assert spent.requests == 0


async def test_the_time_of_a_block_can_be_over_without_a_refused_call() -> None:
    with pytest.raises(BudgetExceeded), fail_over_budget(Budget(max_seconds=0.01)):
        await anyio.sleep(0.02)


def test_runs_of_a_map_are_one_tree_with_or_without_a_budget() -> None:
    with share_budget(None, "the map"):
        tree = enclosing_blocks().stop_flag
        assert tree is not None
        with share_budget(Budget(max_requests=1), "the map"):
            assert enclosing_blocks().stop_flag is tree
            assert [account.owner for account in enclosing_blocks().accounts] == ["the map"]
    assert enclosing_blocks().stop_flag is None
