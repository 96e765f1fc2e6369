"""The reservation of a model call: the prompt is counted, and `max_tokens` shrinks, where a budget is short."""

from __future__ import annotations

import pytest

from agentkit import Agent, Budget, Outcome, Retry, Settings
from agentkit.testing import Reply, script

pytestmark = pytest.mark.anyio

QUICK = Retry(first_wait_s=0.001)


agent = Agent("a", model="claude-opus-5-5", retry=QUICK)


class TestTheLength:
    """What a prompt can have at most is told by its bytes; the server is asked only where that would refuse."""

    async def test_the_server_counts_where_the_bytes_would_refuse(self) -> None:
        with script(Reply.text("Tea.")) as s:
            result = await agent.run("Hi " * 2_000, budget=Budget(max_input_tokens=3_000))
        assert result.ok
        assert len(s.requests) == 1

    async def test_max_tokens_shrinks_to_what_fits(self) -> None:
        with script(Reply.text("Tea.")) as s:
            result = await agent.run("Hi", budget=Budget(max_output_tokens=5_000))
        assert result.ok
        assert s.requests[0]["max_tokens"] == 5_000

    async def test_below_the_floor_nothing_is_sent(self) -> None:
        with script() as s:
            result = await agent.run("Hi", budget=Budget(max_output_tokens=1_000))
        assert result.outcome is Outcome.BUDGET_EXHAUSTED
        assert "max_output_tokens=1000" in result.reason
        assert s.requests == []

    async def test_a_small_limit_of_ones_own_is_its_own_floor(self) -> None:
        with script(Reply.text("Tea.")) as s:
            result = await agent.run("Hi", settings=Settings(max_tokens=50), budget=Budget(max_output_tokens=60))
        assert result.ok
        assert s.requests[0]["max_tokens"] == 50
